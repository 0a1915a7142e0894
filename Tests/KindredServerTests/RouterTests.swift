import Foundation
import HTTPTypes
import Hummingbird
import Kindred
import Testing

@testable import KindredServer

@Suite struct RouterTests {
  private func addTestRoutes(_ table: inout RouteTable) {
    table.add(.get, "/test/{what}", access: .role(.reader)) { _, context in
      switch context.parameters.get("what") {
      case "fault": throw KindredError(.unwritable, place: "/srv/secret/x", reason: "open /srv/secret/x: denied")
      case "crash": throw CocoaError(.fileReadUnknown)
      default: return Response(status: .ok)
      }
    }
    table.add(.post, "/test/echo", access: .role(.writer), body: .json) { request, context in
      let body = try await RequestBodyReader.bytes(request, context)
      return Response(status: .ok, body: ResponseBody(byteBuffer: body))
    }
    table.add(.delete, "/test/all", access: .allCollections(.admin)) { _, _ in Response(status: .noContent) }
    table.add(.get, "/test/slow", access: .role(.reader)) { _, _ in
      try await Task.sleep(for: .seconds(30))
      return Response(status: .ok)
    }
  }

  private func server(
    _ sandbox: ServerSandbox, log: LogCapture = LogCapture(), _ change: (inout ServerOptions) -> Void = { _ in }
  ) throws -> Server { try sandbox.server(log: log, change, more: addTestRoutes) }

  @Test func signsOfLife() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox)
    try await server.ask { client async throws in
      #expect(try await client.send(.get, "/healthz").status == .ok)
      #expect(try await client.send(.get, "/readyz").status == .ok)
      #expect(try await client.send(.head, "/healthz").status == .ok)
    }
    server.services.isDraining.isSet = true
    try await server.ask { client async throws in
      let answer = try await client.send(.get, "/readyz")
      #expect(answer.status == .serviceUnavailable && answer.problem == "overloaded")
      #expect(try await client.send(.get, "/healthz").status == .ok)
    }
  }

  @Test func notReadyWithoutItsFolder() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox)
    try FileManager.default.removeItem(atPath: sandbox.index)
    try await server.ask { client async throws in #expect(try await client.send(.get, "/readyz").problem == "not-ready")
    }
  }

  @Test func everyAnswerHasItsHeaders() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox).ask { client async throws in
      for path in ["/healthz", "/nowhere", "/test/crash", "/openapi.json"] {
        let headers = try await client.send(.get, path).headers
        #expect(headers[.contentTypeOptions] == "nosniff")
        #expect(headers[.referrerPolicy] == "no-referrer")
        #expect(headers[.frameOptions] == "DENY")
        #expect(headers[.resourcePolicy] == "same-origin")
        #expect(headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
        #expect(headers[.requestIdentifier]?.count == 13)
      }
    }
  }

  @Test func errorsAreProblemDocuments() async throws {
    let sandbox = try ServerSandbox()
    let log = LogCapture()
    try await server(sandbox, log: log).ask { client async throws in
      #expect(try await client.send(.get, "/nowhere").problem == "not-found")
      let wrong = try await client.send(.delete, "/test/echo")
      #expect(wrong.status == .methodNotAllowed && wrong.problem == "method-not-allowed")
      #expect(wrong.headers[.allow] == "POST")
      #expect(try await client.send(.init("TRACE")!, "/healthz").headers[.allow] == "GET, HEAD")
      let batch = try await client.send(.get, "/v1/collections/a/images/batch")
      #expect(batch.status == .methodNotAllowed && batch.headers[.allow] == "POST")
      let fault = try await client.send(.get, "/test/fault")
      #expect(fault.problem == "storage-failed")
      #expect(!fault.text.contains("secret"))
      let crash = try await client.send(.get, "/test/crash")
      #expect(crash.status == .internalServerError && crash.problem == "internal")
      let identifier = try #require(crash.headers[.requestIdentifier])
      #expect(crash.text.contains(identifier))
      #expect(log.lines.contains { $0.contains(identifier) && $0.contains("failed") })
    }
  }

  @Test func errorsHaveTheStyleOfTheirRoute() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox).ask { client async throws in
      for path in ["/query", "/query/", "//query", "/hnsw/query/"] {
        let answer = try await client.send(.post, path, json: "{}")
        #expect(answer.status == .badRequest && answer.text.hasPrefix(#"{"success":false"#), "\(path): \(answer.text)")
      }
      for path in ["/hnsw", "/hnswt", "/hnsw/", "/v1/knowledge"] {
        let answer = try await client.send(.post, path, json: "{}")
        #expect(answer.status == .notFound && answer.text.hasPrefix(#"{"success":false"#), "\(path): \(answer.text)")
      }
      let wrong = try await client.send(.post, "/v1/knowledge/list/", json: "{}")
      #expect(wrong.status == .methodNotAllowed && wrong.headers[.allow] == "GET, HEAD")
      #expect(try await client.send(.get, "/hnswx").problem == "not-found")
    }
  }

  @Test func theLogHoldsNothingOfTheUsers() async throws {
    let sandbox = try ServerSandbox()
    let log = LogCapture()
    let key = try sandbox.key(.reader)
    try await server(sandbox, log: log).ask { client async throws in
      _ = try await client.send(.get, "/test/private-name?secret=words", key: key)
      _ = try await client.send(.get, "/unknown-private-name?secret=words", key: key)
    }
    #expect(log.lines.contains { $0.contains("/test/{what}") })
    #expect(!log.lines.contains { $0.contains("private-name") || $0.contains("words") || $0.contains(key) })
  }

  @Test func rolesHold() async throws {
    let sandbox = try ServerSandbox()
    let reader = try sandbox.key(.reader)
    let writer = try sandbox.key(.writer)
    let admin = try sandbox.key(.admin)
    let narrow = try sandbox.key(.admin, collections: ["abc"])
    try await server(sandbox).ask { client async throws in
      #expect(try await client.send(.get, "/test/x").status == .unauthorized)
      #expect(try await client.send(.get, "/test/x", key: "nonsense").problem == "unauthorized")
      #expect(try await client.send(.get, "/test/x").headers[.wwwAuthenticate] != nil)
      #expect(try await client.send(.get, "/test/x", key: reader).status == .ok)
      #expect(try await client.send(.get, "/test/x", headers: ["Authorization": "Bearer \(reader)"]).status == .ok)
      let both = ["Authorization": "Bearer \(reader)", "x-api-key": ""]
      #expect(try await client.send(.get, "/test/x", headers: both).status == .ok)
      #expect(try await client.send(.get, "/test/x", headers: ["Authorization": "Basic \(reader)"]).status.code == 401)
      #expect(try await client.send(.post, "/test/echo", key: reader, json: "{}").problem == "forbidden")
      #expect(try await client.send(.post, "/test/echo", key: writer, json: "{}").text == "{}")
      #expect(try await client.send(.delete, "/test/all", key: writer).problem == "forbidden")
      #expect(try await client.send(.delete, "/test/all", key: narrow).problem == "forbidden")
      #expect(try await client.send(.delete, "/test/all", key: admin).status == .noContent)
      #expect(try await client.send(.get, "/metrics", key: narrow).problem == "forbidden")
      #expect(try await client.send(.get, "/metrics", key: writer).problem == "forbidden")
      #expect(try await client.send(.get, "/healthz").status == .ok)
    }
  }

  @Test func aFileWithoutKeysLetsNobodyIn() async throws {
    let sandbox = try ServerSandbox()
    let key = try sandbox.key(.admin)
    let file = sandbox.index + "/keys.json"
    for host in ["0.0.0.0", "127.0.0.1"] {
      try await server(sandbox) { $0.host = host }.ask { client async throws in
        #expect(try await client.send(.get, "/test/x", key: key).status == .ok)
        let keys = try String(contentsOfFile: file, encoding: .utf8)
        try #"{"version":1,"keys":[]}"#.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await client.send(.get, "/test/x").status == .unauthorized)
        #expect(try await client.send(.get, "/test/x", key: key).status == .unauthorized)
        try keys.write(toFile: file, atomically: true, encoding: .utf8)
      }
    }
  }

  @Test func strangersNeedAKeyAlsoWhereNoneWasMade() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox) {
      $0.host = "0.0.0.0"
      $0.insecure = true
    }
    try await server.ask { client async throws in #expect(try await client.send(.get, "/test/x").status == .ok) }
    var admission = Admission(server.services)
    #expect(try admission.isOpen())
    // As a server that started with keys and reads none.
    admission = Admission(keys: sandbox.keys, allowsKeyless: false, logger: server.services.logger)
    #expect(try !admission.isOpen())
  }

  @Test(arguments: ["folder", "damaged", "gone"]) func keysThatCanNotBeReadLetNobodyIn(_ fault: String) async throws {
    let sandbox = try ServerSandbox()
    let key = try sandbox.key(.admin)
    let file = sandbox.index + "/keys.json"
    try await server(sandbox).ask { client async throws in
      #expect(try await client.send(.get, "/test/x", key: key).status == .ok)
      try FileManager.default.removeItem(atPath: file)
      if fault == "folder" {
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
      } else if fault == "damaged" {
        try Data("{".utf8).write(to: URL(fileURLWithPath: file))
      }
      for sent in [key, nil] {
        let answer = try await client.send(.get, "/test/x", key: sent)
        #expect(answer.status == .serviceUnavailable && answer.problem == "keys-unreadable")
        #expect(!answer.text.contains(sandbox.root))
      }
      #expect(try await client.send(.get, "/").status == .ok)
      #expect(try await client.send(.get, "/healthz").status == .ok)
      #expect(try await client.send(.get, "/readyz").problem == "not-ready")
    }
  }

  @Test func endedKeysOpenNothing() async throws {
    let sandbox = try ServerSandbox()
    let made = try sandbox.keys.create(role: .admin, collections: nil, expires: nil, note: nil)
    let brief = try sandbox.key(.reader, expires: Date().addingTimeInterval(1))
    try await server(sandbox).ask { client async throws in
      #expect(try await client.send(.get, "/test/x", key: made.secret).status == .ok)
      _ = try sandbox.keys.revoke(id: made.key.id)
      #expect(try await client.send(.get, "/test/x", key: made.secret).status == .unauthorized)
      try await Task.sleep(for: .seconds(2.1))
      #expect(try await client.send(.get, "/test/x", key: brief).status == .unauthorized)
    }
  }

  @Test func pagesOfOtherSitesAreRefusedWithoutKeys() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox).ask { client async throws in
      func status(_ headers: [String: String]) async throws -> Int {
        try await client.send(.get, "/test/x", headers: headers).status.code
      }
      #expect(try await status(["Host": "127.0.0.1:8080"]) == 200)
      #expect(try await status(["Host": "evil.example"]) == 403)
      #expect(try await status(["Host": "localhost:1", "Origin": "http://localhost:1"]) == 200)
      #expect(try await status(["Host": "localhost:1", "Origin": "http://localhost:2"]) == 403)
      #expect(try await status(["Host": "localhost:1", "Origin": "http://evil.example"]) == 403)
      #expect(try await status(["Host": "localhost:1", "Origin": "null"]) == 403)
    }
    let key = try sandbox.key(.reader)
    try await server(sandbox).ask { client async throws in
      let headers = ["Host": "kindred.example", "Origin": "https://page.example"]
      #expect(try await client.send(.get, "/test/x", key: key, headers: headers).status == .ok)
    }
  }

  @Test func bodiesAreBounded() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox) { $0.limits.jsonBodyBytes = 1000 }.ask { client async throws in
      let body = Array(repeating: UInt8(ascii: "1"), count: 1001)
      let answer = try await client.send(.post, "/test/echo", body: body)
      #expect(answer.status == .contentTooLarge && answer.problem == "too-large")
      #expect(try await client.send(.post, "/test/echo", body: Array(body.dropLast())).status == .ok)
    }
    try await server(sandbox) { $0.limits.bodyBytesInFlight = 500 }.ask { client async throws in
      let answer = try await client.send(.post, "/test/echo", body: Array(repeating: 1, count: 501))
      #expect(answer.problem == "overloaded")
      // What a request took is given back with it.
      for _ in 0..<5 {
        #expect(try await client.send(.post, "/test/echo", body: Array(repeating: 1, count: 400)).status == .ok)
      }
    }
  }

  @Test func keysAndGuessesHaveTheirRates() async throws {
    let sandbox = try ServerSandbox()
    let key = try sandbox.key(.reader)
    let server = try server(sandbox) {
      $0.limits.requestBurst = 5
      $0.limits.requestsPerSecond = 0.01
      $0.limits.failureBurst = 3
      $0.limits.failuresPerSecond = 0.01
    }
    try await server.ask { client async throws in
      for _ in 0..<5 { #expect(try await client.send(.get, "/test/x", key: key).status == .ok) }
      let answer = try await client.send(.get, "/test/x", key: key)
      let wait = try #require(answer.headers[.retryAfter].flatMap { Int($0) })
      #expect(answer.problem == "rate-limited" && (1...100).contains(wait))
      for _ in 0..<3 { #expect(try await client.send(.get, "/test/x", key: "guess").status == .unauthorized) }
      #expect(try await client.send(.get, "/test/x", key: "guess").status == .tooManyRequests)
      #expect(try await client.send(.get, "/healthz").status == .ok)
    }
  }

  @Test func requestsInFlightAndTheirTimeAreBounded() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox) {
      $0.limits.requestsInFlight = 2
      $0.limits.requestSeconds = 1
    }
    try await server.ask { client async throws in
      try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<6 { group.addTask { try await client.send(.get, "/test/slow").problem } }
        var problems: [String: Int] = [:]
        for try await problem in group { problems[problem ?? "none", default: 0] += 1 }
        #expect(problems == ["timeout": 2, "overloaded": 4])
      }
      #expect(try await client.send(.get, "/test/x").status == .ok)
    }
  }

  @Test func oneKeyLeavesRoomForOthers() async throws {
    let sandbox = try ServerSandbox()
    let greedy = try sandbox.key(.reader)
    let other = try sandbox.key(.reader)
    let server = try server(sandbox) {
      $0.limits.requestsOfOneKey = 2
      $0.limits.requestSeconds = 1
    }
    try await server.ask { client async throws in
      try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<5 { group.addTask { try await client.send(.get, "/test/slow", key: greedy).problem } }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await client.send(.get, "/test/x", key: other).status == .ok)
        var problems: [String: Int] = [:]
        for try await problem in group { problems[problem ?? "none", default: 0] += 1 }
        #expect(problems == ["timeout": 2, "rate-limited": 3])
      }
      #expect(try await client.send(.get, "/test/x", key: greedy).status == .ok)
    }
  }

  @Test func metricsAreReadByPrometheus() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox).ask { client async throws in
      for number in 0..<3 { _ = try await client.send(.get, "/test/\(number)") }
      _ = try await client.send(.init("BREW")!, "/nowhere-\(3)")
      let answer = try await client.send(.get, "/metrics")
      #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
      let lines = answer.text.split(separator: "\n")
      #expect(lines.contains(#"kindred_http_requests_total{route="/test/{what}",method="GET",status="200"} 3"#))
      #expect(lines.contains(#"kindred_http_requests_total{route="none",method="OTHER",status="404"} 1"#))
      let count = #"kindred_http_request_duration_seconds_count{route="/test/{what}",method="GET"} 3"#
      #expect(lines.contains(Substring(count)))
      #expect(answer.text.contains(#"_bucket{route="/test/{what}",method="GET",le="+Inf"} 3"#))
      #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") })
      #expect(lines.contains("kindred_http_requests_in_flight 1"))
      #expect(!answer.text.contains("nowhere"))
      // Every line is a comment or a name with a number.
      for line in lines where !line.hasPrefix("#") {
        #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
      }
    }
  }

  @Test func documentIsServedWithItsTag() async throws {
    let sandbox = try ServerSandbox()
    try await server(sandbox).ask { client async throws in
      let answer = try await client.send(.get, "/openapi.json")
      #expect(answer.headers[.contentType] == "application/json")
      #expect(answer.headers[.cacheControl] == "no-cache")
      let tag = try #require(answer.headers[.eTag])
      let again = try await client.send(.get, "/openapi.json", headers: ["If-None-Match": tag])
      #expect(again.status == .notModified && again.body.readableBytes == 0)
    }
  }

  @Test func refusesStrangersWithoutKeys() throws {
    let sandbox = try ServerSandbox()
    let error = #expect(throws: ServerStartError.self) { try sandbox.server { $0.host = "0.0.0.0" } }
    #expect(error?.code == .noKey)
    _ = try sandbox.server {
      $0.host = "0.0.0.0"
      $0.insecure = true
    }
    _ = try sandbox.key(.reader)
    _ = try sandbox.server { $0.host = "0.0.0.0" }
  }
}

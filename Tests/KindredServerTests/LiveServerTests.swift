import Foundation
import Hummingbird
import Testing

@testable import KindredServer

/// Bytes on a socket, which no well-behaved client would send.
@Suite(.serialized) struct LiveServerTests {
  private func addTestRoutes(_ table: inout RouteTable) {
    table.add(.post, "/test/echo", access: .role(.writer), body: .json) { request, context in
      let body = try await RequestBodyReader.bytes(request, context)
      return Response(status: .ok, body: ResponseBody(byteBuffer: body))
    }
    table.add(.get, "/test/slow", access: .role(.reader)) { _, _ in
      try await Task.sleep(for: .seconds(1))
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: "waited")))
    }
    table.add(.get, "/test/never", access: .role(.reader)) { _, _ in
      try await Task.sleep(for: .seconds(100))
      return Response(status: .ok)
    }
    table.add(.get, "/test/large", access: .role(.reader)) { _, _ in
      Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 7, count: 64 << 20)))
    }
  }

  private func server(_ sandbox: ServerSandbox, _ change: (inout ServerOptions) -> Void = { _ in }) throws -> Server {
    try sandbox.server(change, more: addTestRoutes)
  }

  @Test func answersWhatIsNoHTTPWithAProblem() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      let requests = [
        "NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
      ]
      for request in requests {
        let answer = try await live.blocking { port in
          let socket = try RawSocket(port: port)
          socket.send(request)
          return try socket.read()
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(request.debugDescription): \(answer)")
        #expect(answer.contains("application/problem+json"), "\(request.debugDescription)")
        #expect(answer.contains(#""code":"invalid-request""#), "\(request.debugDescription)")
      }
      #expect(try await live.isAnswering())
    }
  }

  @Test func boundsHeaders() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      let many = (0..<500).map { "X-\($0): a\r\n" }.joined()
      for headers in ["X: \(String(repeating: "a", count: 100_000))\r\n", many] {
        let answer = try await live.blocking { port in
          let socket = try RawSocket(port: port)
          socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
          return try socket.read()
        }
        #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer)")
      }
      #expect(try await live.isAnswering())
    }
  }

  @Test func refusesABodyBeforeItIsSent() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox) { $0.limits.jsonBodyBytes = 10_000 }) { live async throws in
      let announced = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("POST /test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n")
        return try socket.read()
      }
      #expect(announced.hasPrefix("HTTP/1.1 413 ") && announced.contains("too-large"))
      let streamed = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("POST /test/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "1000\r\n" + String(repeating: "a", count: 4096) + "\r\n"
        for _ in 0..<1000 where !socket.send(chunk) { break }
        return try socket.read()
      }
      #expect(streamed.hasPrefix("HTTP/1.1 413 ") && streamed.contains("too-large"))
      #expect(try await live.isAnswering())
    }
  }

  @Test func tellsClientsThatAskToSendTheirBody() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      let answers = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        let head = "POST /test/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        socket.send(head)
        let first = try socket.read(until: "\r\n\r\n")
        socket.send("hello")
        return (first, try socket.read(until: "hello"))
      }
      #expect(answers.0 == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(answers.1.hasPrefix("HTTP/1.1 200 OK") && answers.1.hasSuffix("hello"))
    }
  }

  @Test func strangersBodiesAreNotReadToTheirEnd() async throws {
    let sandbox = try ServerSandbox()
    _ = try sandbox.key(.reader)
    try await LiveServer.run(try server(sandbox)) { live async throws in
      let answer = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("POST /test/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(8), socket.send(chunk) {}
        return ContinuousClock.now - start
      }
      #expect(answer < .seconds(8))
      #expect(try await live.isAnswering())
    }
  }

  @Test func aBodyThatBreaksIsABadRequest() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      let answer = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send(
          "POST /test/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nZZ\r\n")
        return try socket.read()
      }
      #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
      #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
      #expect(try await live.isAnswering())
    }
  }

  @Test func tenThousandMalformedRequestsLeaveItAnswering() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      var generator = SeededGenerator(seed: 20_26)
      print("seed 2026")
      let pieces = [
        "GET ", "POST ", "/", "/v1/collections", " HTTP/1.1\r\n", "Host: localhost\r\n", "\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", "%00%ff",
        "\u{0}", ": \r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "a=b&c", "?", "\r", "\n", "é",
      ]
      var requests: [String] = []
      for _ in 0..<10_000 {
        let count = Int.random(in: 1...9, using: &generator)
        requests.append((0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined())
      }
      let all = requests
      try await withThrowingTaskGroup(of: Void.self) { group in
        for part in 0..<4 {
          group.addTask {
            try await live.blocking { port in
              for index in stride(from: part, to: all.count, by: 4) {
                let socket = try RawSocket(port: port)
                socket.send(all[index])
                if index % 16 == 0 {
                  socket.endSending()
                  _ = try socket.read()
                }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await live.isAnswering())
    }
  }

  @Test func connectionsThatAreOnlyHeldOpenMakeRoom() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox) { $0.limits.connections = 20 }) { live async throws in
      let held = try await live.blocking { port in
        try (0..<60).map { _ in
          let socket = try RawSocket(port: port)
          socket.send("GET /healthz HTTP/1.1\r\nHost: loc")
          return socket
        }
      }
      #expect(try await live.isAnswering())
      let first = try await live.blocking { _ in try held[0].read() }
      #expect(first.isEmpty)
    }
  }

  @Test func connectionsLeaveFilesForTheRest() {
    #expect(OpenFiles.connections(wanted: 1024, openFiles: 20_000) == 1024)
    #expect(OpenFiles.connections(wanted: 1024, openFiles: 1024) == 824)
    #expect(OpenFiles.connections(wanted: 1024, openFiles: 64) == 16)
    #expect(OpenFiles.connections(wanted: 10, openFiles: 1024) == 10)
    #expect(OpenFiles.raiseLimit() > 0)
  }

  @Test func bodiesThatComeSlowlyKeepNobodyOut() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox) {
      $0.limits.requestsInFlight = 2
      $0.limits.bodySeconds = 2
      $0.limits.bytesPerSecond = 10
    }
    try await LiveServer.run(server) { live async throws in
      let head = "POST /test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n"
      let answers = try await live.blocking { port in
        let slow = try (0..<10).map { _ in
          let socket = try RawSocket(port: port)
          socket.send(head + "{")
          return socket
        }
        let socket = try RawSocket(port: port)
        socket.send(head + String(repeating: "a", count: 40))
        let quick = try socket.read(until: "aaa")
        // Bytes that come get the body more time.
        let steady = try RawSocket(port: port)
        steady.send(head)
        for _ in 0..<8 {
          steady.send("bbbbb")
          usleep(400_000)
        }
        return (quick, try steady.read(until: "bbb"), try slow[0].read())
      }
      #expect(answers.0.hasPrefix("HTTP/1.1 200 "), "\(answers.0)")
      #expect(answers.1.hasPrefix("HTTP/1.1 200 "), "\(answers.1)")
      #expect(answers.2.hasPrefix("HTTP/1.1 503 ") && answers.2.contains(#""code":"timeout""#), "\(answers.2)")
    }
  }

  @Test func answersThatNobodyTakesAreBounded() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox) { $0.limits.answerBytesInFlight = 130 << 20 }) { live async throws in
      let request = "GET /test/large HTTP/1.1\r\nHost: localhost\r\n\r\n"
      let answer = try await live.blocking { port in
        let held = try (0..<2).map { _ in
          let socket = try RawSocket(port: port)
          socket.send(request)
          usleep(500_000)
          return socket
        }
        let socket = try RawSocket(port: port)
        socket.send(request)
        return try withExtendedLifetime(held) { try socket.read(until: "}") }
      }
      #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains(#""code":"overloaded""#), "\(answer.prefix(200))")
      // What readers hold is given back when they go.
      var status = ""
      for _ in 0..<20 where !status.hasPrefix("HTTP/1.1 200") {
        try await Task.sleep(for: .milliseconds(100))
        status = try await live.blocking { port in
          let socket = try RawSocket(port: port)
          socket.send(request)
          return try socket.read(until: "\r\n\r\n")
        }
      }
      #expect(status.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func slowConnectionsAreClosed() async throws {
    let sandbox = try ServerSandbox()
    let server = try server(sandbox) {
      $0.limits.idleSeconds = 1
      $0.limits.requestSeconds = 1
    }
    try await LiveServer.run(server) { live async throws in
      let head = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("GET /healthz HTTP/1.1\r\nHost: loc")
        return try socket.read()
      }
      #expect(head.isEmpty)
      let body = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("POST /test/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
        // A byte now and then keeps the connection from being idle; the request's own time ends it.
        for _ in 0..<6 {
          socket.send("a")
          usleep(400_000)
        }
        return try socket.read()
      }
      #expect(body.hasPrefix("HTTP/1.1 503 ") && body.contains(#""code":"timeout""#), "\(body)")
      let reader = try await live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("GET /test/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sleep(3)
        // It was let go with its answer half sent.
        return try socket.read().utf8.count
      }
      #expect(reader < 64 << 20)
    }
  }

  @Test func requestsInFlightAreAnsweredWhenItStops() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      async let slow = live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("GET /test/slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try socket.read()
      }
      try await Task.sleep(for: .milliseconds(400))
      await live.group.triggerGracefulShutdown()
      let answer = try await slow
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("waited"))
      await #expect(throws: (any Error).self) { try await live.isAnswering() }
    }
  }

  @Test func requestsThatDoNotEndAreCutOff() async throws {
    let sandbox = try ServerSandbox()
    let start = ContinuousClock.now
    try await LiveServer.run(try server(sandbox) { $0.limits.drainSeconds = 1 }) { live async throws in
      async let never = live.blocking { port in
        let socket = try RawSocket(port: port)
        socket.send("GET /test/never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try socket.read()
      }
      try await Task.sleep(for: .milliseconds(400))
      await live.group.triggerGracefulShutdown()
      _ = try await never
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func aTakenPortIsSaid() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try server(sandbox)) { live async throws in
      // Another index: one has room for one server.
      let other = try server(try ServerSandbox()) { $0.port = live.port }
      let error = await #expect(throws: ServerStartError.self) { try await other.run() }
      #expect(error?.code == .portTaken)
      #expect(error?.description.contains("--port") == true)
    }
  }
}

/// A small repeatable generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

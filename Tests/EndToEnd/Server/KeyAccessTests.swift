import Foundation
import Testing

/// What keys open and what they do not, on the built program.
@Suite(.serialized, .enabled(if: SharedData.isPresent && SharedData.home != nil)) struct KeyAccessTests {
  private func key(_ program: Program, _ arguments: String...) throws -> String {
    let answer = try program.run(["key", "create"] + arguments)
    #expect(answer.status == 0, "\(answer.errors)")
    return answer.output.trimmingCharacters(in: .newlines)
  }

  @Test func rolesScopesExpiryAndRevocation() throws {
    let program = try Program()
    try program.succeed("index", SharedData.photos + "/ibis")
    try program.succeed("index", SharedData.photos + "/crab", "--collection", "private")
    let reader = try key(program, "--role", "reader", "--collection", "default")
    let writer = try key(program, "--role", "writer", "--collection", "default")
    let admin = try key(program, "--role", "admin")
    let server = try LiveServer(program, ["--root", SharedData.photos])
    let picture = try #require(FileManager.default.contents(atPath: SharedData.photos + "/ibis/image_0007.jpg"))

    // No key, a wrong one, and one that is nearly right.
    #expect(try server.request("GET", "/v1/collections").status == 401)
    #expect(try server.request("GET", "/v1/collections", key: "kindred_a_b").status == 401)
    #expect(try server.request("GET", "/v1/collections", key: String(reader.dropLast()) + "!").status == 401)
    #expect(try server.request("POST", "/query", json: ["vector": [1]]).status == 401)
    let bearer = try server.request("GET", "/v1/session", headers: ["Authorization": "Bearer \(reader)"])
    #expect(bearer.json["role"] as? String == "reader")

    // A reader searches and looks, and changes nothing, by no protocol.
    #expect(try server.request("POST", "/v1/collections/default/search", key: reader, json: ["id": 1]).status == 200)
    #expect(try server.request("GET", "/v1/collections/default/images/1/thumbnail", key: reader).status == 200)
    let identifier = try #require(
      try server.request("GET", "/v1/collections/default", key: reader).json["id"] as? String)
    let changes: [(String, String, Any?)] = [
      ("POST", "/v1/collections/default/images", nil), ("DELETE", "/v1/collections/default/images/1", nil),
      ("POST", "/v1/collections/default/images/1/labels", ["label": "x"]),
      ("DELETE", "/v1/collections/default/images/1/labels?label=ibis", nil),
      ("POST", "/v1/jobs", ["collection": "default", "path": "caltech20/ibis"]),
      ("POST", "/v1/collections", ["name": "new"]), ("PATCH", "/v1/collections/default", ["title": "x"]),
      ("DELETE", "/v1/collections/default", nil), ("GET", "/metrics", nil),
      ("POST", "/hnswt/insert_vector", ["contract_id": identifier, "data": ""]),
      ("POST", "/v1/knowledge/index/create", ["name": "x"]),
      ("POST", "/v1/knowledge/index/update", ["contract_id": identifier, "name": "x"]),
      ("POST", "/v1/knowledge/remove", ["contract_id": identifier]),
      ("POST", "/insert_vector", ["vector": [1], "metadata": [:] as [String: Any]]),
    ]
    for (method, path, json) in changes {
      let body = json == nil && method == "POST" ? picture : nil
      let headers = body == nil ? [:] : ["Content-Type": "image/jpeg"]
      let answer = try server.request(method, path, key: reader, json: json, body: body, headers: headers)
      #expect(answer.status == 403, "\(method) \(path): \(answer.text)")
    }
    let added = try server.request(
      "POST", "/v1/collections/default/images?name=new.jpg", key: writer, body: picture + Data([0]),
      headers: ["Content-Type": "image/jpeg"])
    #expect(added.status == 201, "\(added.text)")

    // Other collections are as if they were not there.
    let secret = try #require(
      try server.request("GET", "/v1/collections/private", key: admin).json["id"] as? String)
    for path in ["/v1/collections/private", "/v1/collections/\(secret)", "/v1/collections/private/map"] {
      let answer = try server.request("GET", path, key: writer)
      #expect(answer.status == 404)
      #expect(
        answer.text
          == (try server.request(
            "GET",
            path.replacing("private", with: "nobody").replacing(
              secret, with: "nobody"), key: writer)).text)
    }
    #expect(!(try server.request("GET", "/v1/collections", key: writer).text.contains("private")))
    #expect(!(try server.request("GET", "/v1/knowledge/list", key: writer).text.contains(secret)))
    let count = try server.request("POST", "/hnsw/entry_count", key: writer, json: ["contract_id": secret])
    #expect(count.status == 404)

    // Revoked while the server runs; expired.
    let short = try key(program, "--role", "reader", "--expires", "30d")
    #expect(try server.request("GET", "/v1/session", key: short).status == 200)
    let file = program.folder + "/index/keys.json"
    let keys = try String(contentsOfFile: file, encoding: .utf8)
    let ended = keys.replacing(/("expires" ?: ?)"[^"]*"/) { "\($0.1)\"2020-01-01T00:00:00Z\"" }
    #expect(ended != keys)
    try ended.write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try server.request("GET", "/v1/session", key: short).status == 401)
    try program.succeed("key", "revoke", String(reader.split(separator: "_")[1]))
    #expect(try server.request("GET", "/v1/session", key: reader).status == 401)
    #expect(try server.request("GET", "/v1/session", key: writer).status == 200)
    #expect(try server.request("GET", "/v1/session", key: admin).status == 200)
    // Keys are in no file in the clear, nor in the log.
    let stored = try String(contentsOfFile: file, encoding: .utf8)
    for key in [reader, writer, admin] {
      // Behind the identifier, and may have an underscore itself.
      let secret = try #require(key.split(separator: "_", maxSplits: 2).last)
      #expect(secret.utf8.count > 40)
      #expect(!stored.contains(secret))
      #expect(!server.log.contains(secret))
    }
    #expect(server.stop() == 0)
  }

  @Test func strangersAreKeptOutWithoutAKey() throws {
    let program = try Program()
    let refused = try program.run("serve", "--host", "0.0.0.0", "--port", "0")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("kindred key create"))
    // A page elsewhere, or a name that points here, must not drive a server of this machine.
    let server = try LiveServer(program)
    #expect(try server.request("GET", "/v1/collections", headers: ["Origin": "https://example.org"]).status == 403)
    #expect(try server.request("GET", "/v1/collections", headers: ["Host": "example.org"]).status == 403)
    #expect(try server.request("GET", "/v1/collections", headers: ["Origin": server.url]).status == 200)
  }
}

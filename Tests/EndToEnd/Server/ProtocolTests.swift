import Foundation
import Testing

@Suite(.serialized, .enabled(if: PythonScript.isPresent)) struct ProtocolTests {
  @Test func bothFormsWithoutKeys() throws {
    let server = try LiveServer(Program())
    try PythonScript.run("dria_protocol.py", [server.url])
    #expect(server.stop() == 0)
  }

  @Test func bothFormsWithAKey() throws {
    let program = try Program()
    let key = try program.succeed("key", "create", "--role", "admin").output.trimmingCharacters(in: .newlines)
    let server = try LiveServer(program)
    #expect(try server.request("GET", "/v1/knowledge/list").status == 401)
    try PythonScript.run("dria_protocol.py", [server.url, key])
  }

  @Test(.enabled(if: SharedData.isPresent)) func picturesThroughDria() throws {
    let program = try Program()
    try program.succeed("index", SharedData.photos)
    let server = try LiveServer(program)
    let contracts = try #require(try server.request("GET", "/v1/knowledge/list").json["data"] as? [String: Any])
    let contract = try #require((contracts["contracts"] as? [[String: Any]])?.first?["contract_id"] as? String)
    func call(_ path: String, _ body: [String: Any]) throws -> (status: Int, data: Any?) {
      let answer = try server.request("POST", path, json: body.merging(["contract_id": contract]) { $1 })
      return (answer.status, answer.json["data"])
    }
    // A whole sentence means the label that it holds.
    for text in ["dalmatian", "a photo of a DALMATIAN", "dalmatain"] {
      let hits = try #require(try call("/hnsw/search", ["query": text, "top_n": 5]).data as? [[String: Any]])
      #expect(hits.count == 5)
      for hit in hits {
        #expect(
          ((hit["metadata"] as? [String: Any])?["labels"] as? [String])?.contains("dalmatian") ?? false, "\(text)")
      }
    }
    let fetched = try #require(try call("/hnsw/fetch", ["id": [3]]).data as? [String: Any])
    let vector = try #require((fetched["vectors"] as? [[Double]])?.first)
    let near = try #require(try call("/hnsw/query", ["vector": vector, "top_n": 1]).data as? [[String: Any]])
    #expect(near.first?["id"] as? Int == 3)
    #expect(near.first?["metadata"] is String)
    // Pictures' vectors are the network's.
    let refused = try server.request(
      "POST", "/insert_vector", json: ["vector": vector, "metadata": [:] as [String: Any]])
    #expect(refused.status == 409)
    let missing = try call("/hnsw/fetch", ["id": [3, 99_999]])
    #expect(missing.status == 404)
    #expect((missing.data as? String)?.contains("99999") ?? false)
  }
}

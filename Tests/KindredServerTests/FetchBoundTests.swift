import Foundation
import Testing

@testable import KindredServer

/// What one request may fetch, and what is said of a collection past that.
@Suite struct FetchBoundTests {
  @Test func fetchedNumbersAreBounded() async throws {
    let sandbox = try ServerSandbox()
    let server = try sandbox.server { $0.limits.fetchedNumbers = 10 }
    try await server.ask { client async throws in
      let vectors = (0..<3).map { #"{"vector":[\#($0),1,0,2],"metadata":{"number":\#($0)}}"# }
      let made = try await client.send(.post, "/insert_vector", json: #"{"data":[\#(vectors.joined(separator: ","))]}"#)
      #expect(made.status == .ok, "\(made.text)")
      let contract = try server.services.folder.member("default").collection.identifier
      for (path, contract) in [("/fetch", ""), ("/hnsw/fetch", #""contract_id":"\#(contract)","#)] {
        #expect(try await client.send(.post, path, json: #"{\#(contract)"id":[2,0]}"#).status == .ok)
        let answer = try await client.send(.post, path, json: #"{\#(contract)"id":[0,0,0]}"#)
        #expect(answer.status.code == 413, "\(answer.text)")
      }
    }
  }
}

import Foundation
import KindredServer
import Testing

@Suite struct OpenAPIDocumentTests {
  @Test func isJSONOfTheVersionThatItNames() throws {
    let document = try #require(try JSONSerialization.jsonObject(with: OpenAPIDocument.data) as? [String: Any])
    #expect(document["openapi"] as? String == "3.1.0")
  }
}

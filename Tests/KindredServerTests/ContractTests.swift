import Foundation
import Testing

@testable import KindredServer

/// The document and the server must say the same.
@Suite struct ContractTests {
  private static var document: [String: Any] {
    (try? JSONSerialization.jsonObject(with: OpenAPIDocument.data)) as? [String: Any] ?? [:]
  }

  /// The target's folder.
  private static var sources: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/KindredServer").path
  }

  private static var operations: Set<String> {
    var operations = Set<String>()
    for (path, item) in document["paths"] as? [String: [String: Any]] ?? [:] {
      for method in item.keys where ["get", "post", "put", "patch", "delete"].contains(method) {
        operations.insert("\(method.uppercased()) \(path)")
      }
    }
    return operations
  }

  @Test func everyOperationIsARouteAndEveryRouteAnOperation() throws {
    let sandbox = try ServerSandbox()
    let server = try sandbox.server()
    let routes = server.table.routes.filter { $0.path.hasPrefix("/v1/") && !$0.path.hasPrefix("/v1/knowledge/") }
    #expect(!Self.operations.isEmpty)
    #expect(Set(routes.map { "\($0.method.rawValue) \($0.path)" }) == Self.operations)
  }

  @Test func everyFileOfThePageIsServed() async throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.sources + "/Resources")
    let served = Set(PageFiles.all.map(\.path))
    for name in names {
      let path = ["index.html": "/", "docs.html": "/docs"][name] ?? "/" + name
      #expect(served.contains(path), "\(name)")
    }
    #expect(names.count == served.count)
    let sandbox = try ServerSandbox()
    try await sandbox.server().ask { client async throws in
      for file in PageFiles.all {
        let answer = try await client.send(.get, file.path)
        #expect(answer.status == .ok && answer.headers[.contentType] == file.contentType)
        #expect(Array(answer.body.readableBytesView) == file.bytes)
      }
    }
  }

  @Test func theDocumentNamesEveryCodeThatRoutesAnswerWith() throws {
    let sources = Self.sources
    let files = try #require(FileManager.default.enumerator(atPath: sources)).compactMap { $0 as? String }
    var codes = Set<String>()
    for file in files where file.hasSuffix(".swift") && !file.hasPrefix("Dria/") {
      let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
      codes.formUnion(text.matches(of: /code: "([a-z-]+)"/).map { String($0.1) })
    }
    #expect(codes.count > 20)
    let document = String(decoding: OpenAPIDocument.data, as: UTF8.self)
    for code in codes { #expect(document.contains("`\(code)`"), "\(code)") }
  }
}

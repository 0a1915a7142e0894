import Foundation
import Testing

@testable import KindredServer

/// The document and the server must say the same.
@Suite struct ContractTests {
  private static var document: [String: Any] {
    (try? JSONSerialization.jsonObject(with: OpenAPIDocument.data)) as? [String: Any] ?? [:]
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
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/KindredServer/Resources")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
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
    let text = String(decoding: OpenAPIDocument.data, as: UTF8.self)
    for problem in [
      ServerProblem.invalid(""), .unauthorized(""), .forbidden(""), .notFound, .unknownCollection, .unknownImage,
      .unknownJob, .conflict(""), .readOnly(""), .busy, .gone, .tooLarge(""), .unsupportedMediaType(accepted: []),
      .notAPicture(""), .unusablePicture(""), .rateLimited(retryAfter: 1), .overloaded(reason: "a"), .timeout,
      .modelMissing(nil),
    ] { #expect(text.contains("`\(problem.code)`"), "\(problem.code)") }
  }
}

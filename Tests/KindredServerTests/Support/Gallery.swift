import Foundation
import Kindred
import Testing

@testable import KindredServer

/// A server on a collection of real pictures (stripes of a few colours), run through a real, small network.
final class Gallery: Sendable {
  let sandbox: ServerSandbox
  let server: Server
  let log = LogCapture()
  /// Stays alive with the pictures' identifiers: 1 to 6.
  static let count = 6

  /// - Parameters:
  ///   - isFilled: whether the collection `default` is there, with the pictures.
  ///   - change: of the server's options.
  init(isFilled: Bool = true, _ change: (inout ServerOptions) -> Void = { _ in }) async throws {
    let sandbox = try ServerSandbox()
    self.sandbox = sandbox
    let store = try await TinyNetwork.store(in: sandbox.root)
    for number in 0..<Self.count {
      let folder = sandbox.photos + "/" + (number % 2 == 0 ? "red" : "green")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(Picture.jpeg(hue: number % 2, variant: number)).write(
        to: URL(fileURLWithPath: "\(folder)/\(number).jpg"))
    }
    let folder = IndexFolder(path: sandbox.index, models: store)
    if isFilled {
      let member = try folder.create(name: "default", model: "tiny", recipe: RecipeChoice(.best))
      try folder.write(to: member) { writer in
        _ = try Indexer(writer: writer, loadModel: { try folder.model(of: member) }).run([sandbox.photos])
      }
    }
    server = try sandbox.server(log: log, folder: folder, change)
  }

  deinit { server.services.jobs.stop() }

  var collection: Kindred.Collection { get throws { try server.services.folder.member("default").collection } }
}

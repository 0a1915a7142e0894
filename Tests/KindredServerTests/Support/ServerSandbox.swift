import Foundation
import Kindred
import Logging
import Synchronization

@testable import KindredServer

/// A temporary index folder and servers on it, gone when the test ends.
final class ServerSandbox: Sendable {
  let root: String
  var index: String { root + "/index" }
  var photos: String { root + "/photos" }

  init() throws {
    root =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("kindred-server-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root + "/photos", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: root + "/index", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var keys: KeyStore { KeyStore(index: index) }

  func key(_ role: AccessRole, collections: [String]? = nil, expires: Date? = nil) throws -> String {
    try keys.create(role: role, collections: collections, expires: expires, note: nil).secret
  }

  func server(
    log: LogCapture = LogCapture(), folder: IndexFolder? = nil, _ change: (inout ServerOptions) -> Void = { _ in },
    more: (inout RouteTable) -> Void = { _ in }
  ) throws -> Server {
    var options = ServerOptions(index: index)
    options.port = 0
    options.roots = [photos]
    change(&options)
    return try Server(options: options, logger: log.logger, folder: folder, more: more)
  }
}

/// Keeps log lines.
final class LogCapture: Sendable {
  private let kept = Mutex<[String]>([])
  var lines: [String] { kept.withLock { $0 } }

  var logger: Logger {
    Logger(label: "test") { [self] _ in Handler(capture: self) }
  }

  private struct Handler: LogHandler {
    let capture: LogCapture
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      capture.kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
  }
}

extension Server {
  /// Asks the router, without a socket.
  func ask(_ body: @escaping @Sendable (RouterClient) async throws -> Void) async throws {
    try await body(try await RouterClient(application()))
  }
}

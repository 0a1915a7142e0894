import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kindred
import Logging
import NIOCore
import Synchronization
import Testing

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
  func ask(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
    try await application().test(.router) { client in try await body(client) }
  }
}

extension TestClientProtocol {
  /// A request as a program on this machine sends it.
  func send(
    _ method: HTTPRequest.Method, _ uri: String, key: String? = nil, headers: [String: String] = [:],
    json: String? = nil, body: [UInt8]? = nil
  ) async throws -> TestResponse {
    var fields = HTTPFields()
    fields[.hostHeader] = "localhost"
    if let key { fields[.apiKey] = key }
    if json != nil { fields[.contentType] = "application/json" }
    for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
    let bytes = json.map { ByteBuffer(string: $0) } ?? body.map { ByteBuffer(bytes: $0) }
    if let bytes { fields[.contentLength] = String(bytes.readableBytes) }
    return try await execute(uri: uri, method: method, headers: fields, body: bytes)
  }
}

extension TestResponse {
  var json: JSONValue {
    get throws { try JSONParser.value(of: Array(body.readableBytesView)) }
  }
  var text: String { String(buffer: body) }
  /// The code of a problem document, whose other fields must agree with the answer.
  var problem: String? {
    guard headers[.contentType] == "application/problem+json", let json = try? json,
      case .string(let code) = json["code"], case .int(let status) = json["status"], Int(status) == self.status.code,
      case .string(let type) = json["type"], type == "/docs#" + code
    else { return nil }
    return code
  }
}

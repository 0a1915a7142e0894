import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import KindredServer

/// Asks a server's router, without a socket.
struct RouterClient: Sendable {
  private let answer: @Sendable (Request) async throws -> RouterAnswer

  init(_ application: some ApplicationProtocol) async throws {
    let responder = try await application.responder
    let logger = application.logger
    answer = { request in
      let source = ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: logger)
      let response = try await responder.respond(to: request, context: .init(source: source))
      let writer = BodyKeeper()
      try await response.body.write(writer)
      return RouterAnswer(status: response.status, headers: response.headers, body: writer.kept.withLock { $0 })
    }
  }

  /// A request as a program on this machine sends it.
  @discardableResult
  func send(
    _ method: HTTPRequest.Method, _ uri: String, key: String? = nil, headers: [String: String] = [:],
    json: String? = nil, body: [UInt8]? = nil
  ) async throws -> RouterAnswer {
    var fields = HTTPFields()
    fields[.hostHeader] = "localhost"
    if let key { fields[.apiKey] = key }
    if json != nil { fields[.contentType] = "application/json" }
    for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
    var bytes = json.map { ByteBuffer(string: $0) } ?? body.map { ByteBuffer(bytes: $0) }
    if let bytes { fields[.contentLength] = String(bytes.readableBytes) }
    // In parts, as from a socket.
    let (parts, source) = AsyncStream<ByteBuffer>.makeStream()
    while let size = bytes?.readableBytes, let part = bytes?.readSlice(length: min(size, 32 << 10)), size > 0 {
      source.yield(part)
    }
    source.finish()
    let head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: uri, headerFields: fields)
    return try await answer(Request(head: head, body: RequestBody(asyncSequence: parts)))
  }
}

/// Keeps what a response writes.
private final class BodyKeeper: ResponseBodyWriter, Sendable {
  let kept = Mutex(ByteBuffer())
  func write(_ buffer: ByteBuffer) async throws { _ = kept.withLock { $0.writeImmutableBuffer(buffer) } }
  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

struct RouterAnswer: Sendable {
  let status: HTTPResponse.Status
  let headers: HTTPFields
  let body: ByteBuffer

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

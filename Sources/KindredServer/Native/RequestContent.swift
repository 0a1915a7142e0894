import Foundation
import HTTPTypes
import Hummingbird

/// What a request's body is.
enum RequestContent {
  static let pictureTypes = [
    "image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif", "application/octet-stream",
  ]
  static let json = "application/json"
  static let lines = "application/x-ndjson"

  /// The media type, in small letters and without parameters.
  static func mediaType(_ request: Request) -> String? {
    guard let header = request.headers[.contentType], let type = header.split(separator: ";").first else { return nil }
    return type.trimmingCharacters(in: .whitespaces).lowercased()
  }

  /// - Returns: the media type.
  /// - Throws: 415 unless it is one of those accepted.
  static func check(_ request: Request, _ accepted: [String]) throws(ServerProblem) -> String {
    guard let type = mediaType(request), accepted.contains(type) else {
      throw .unsupportedMediaType(accepted: accepted)
    }
    return type
  }

  /// Bodies up to here are read where requests are handled; longer ones take a while and get a thread.
  private static let quickBytes = 64 << 10

  /// A body that must be JSON.
  /// - Parameter read: makes something of it.
  static func json<Value: Sendable>(
    _ request: Request, _ context: ServerContext, _ services: ServerServices,
    read: @escaping @Sendable (JSONValue) throws -> Value
  ) async throws -> Value {
    _ = try check(request, [json])
    return try await parsed(request, context, services, read: read)
  }

  /// A body whose media type was looked at already.
  static func parsed<Value: Sendable>(
    _ request: Request, _ context: ServerContext, _ services: ServerServices,
    read: @escaping @Sendable (JSONValue) throws -> Value
  ) async throws -> Value {
    let body = try await RequestBodyReader.bytes(request, context)
    let work: @Sendable () throws -> Value = { try read(parse(body.readableBytesView)) }
    return body.readableBytes <= quickBytes ? try work() : try await services.search(work)
  }

  /// - Throws: 400 that says where the text is not JSON, 413 where it holds too many values.
  static func parse(_ bytes: some Swift.Collection<UInt8>) throws(ServerProblem) -> JSONValue {
    do { return try JSONParser.value(of: bytes) } catch {
      guard !error.isTooMuch else { throw .tooLarge("The body holds more values than a request may have.") }
      throw .invalid("The body is not JSON: at byte \(error.offset), \(error.reason).")
    }
  }

  /// The bytes of a picture.
  static func picture(_ request: Request, _ context: ServerContext) async throws -> [UInt8] {
    let body = try await RequestBodyReader.bytes(request, context)
    guard body.readableBytes > 0 else { throw ServerProblem.notAPicture("The body is empty.") }
    return Array(body.readableBytesView)
  }
}

extension JSONFields {
  /// Bytes in base64.
  /// - Throws: 400 for what is no base64.
  func base64(_ field: String) throws(ServerProblem) -> [UInt8]? {
    guard let text = try string(field, 1...(1 << 31)) else { return nil }
    guard let data = Data(base64Encoded: text) else { throw .invalid("`\(name(field))` is not base64.") }
    return [UInt8](data)
  }
}

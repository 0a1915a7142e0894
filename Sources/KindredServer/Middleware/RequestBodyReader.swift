import HTTPTypes
import Hummingbird
import NIOCore

/// Reads bodies within their bounds.
enum RequestBodyReader {
  /// - Throws: 413 for a body that says it is longer than it may be.
  static func check(_ request: Request, limit: Int) throws(ServerProblem) {
    guard let text = request.headers[.contentLength] else { return }
    guard let length = Int(text), length >= 0, length <= limit else { throw tooLarge(limit) }
  }

  private static func tooLarge(_ limit: Int) -> ServerProblem {
    var problem = ServerProblem.tooLarge("The request's body may have \(limit) bytes at most.")
    problem.closesConnection = true
    return problem
  }

  /// The whole body.
  /// - Throws: 413 as soon as more has come than may, 503 where all bodies take too much memory, where it comes too
  ///   slowly and where too many requests are under way.
  static func bytes(_ request: Request, _ context: ServerContext) async throws -> ByteBuffer {
    let whole =
      if let pace = context.bodyPace {
        try await pace.limit { try await bytes(request, context, arrived: $0) }
      } else {
        try await bytes(request, context) { _ in }
      }
    try context.slot?.take()
    return whole
  }

  private static func bytes(
    _ request: Request, _ context: ServerContext, arrived: (Int) -> Void
  ) async throws -> ByteBuffer {
    var whole = ByteBuffer()
    do {
      for try await var part in request.body {
        guard whole.readableBytes + part.readableBytes <= context.bodyLimit else { throw tooLarge(context.bodyLimit) }
        try context.bodyClaim?.grow(by: part.readableBytes)
        arrived(part.readableBytes)
        whole.writeBuffer(&part)
      }
    } catch var problem as ServerProblem {
      // Not all of it was read.
      problem.closesConnection = true
      throw problem
    } catch {
      // The connection broke off, or what came is no HTTP.
      var problem = ServerProblem.invalid("The request's body broke off or is not well-formed.")
      problem.closesConnection = true
      throw problem
    }
    // A cancelled body looks like one that has ended.
    try Task.checkCancellation()
    return whole
  }
}

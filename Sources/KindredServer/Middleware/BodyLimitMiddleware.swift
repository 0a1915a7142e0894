import HTTPTypes
import Hummingbird

/// Refuses a body that says it is too long, before any of it is read.
struct BodyLimitMiddleware: RouterMiddleware {
  let limit: Int
  let budget: MemoryBudget
  let pace: BodyPace

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    if limit > 0 { try RequestBodyReader.check(request, limit: limit) }
    var context = context
    context.bodyLimit = limit
    context.bodyClaim = budget.claim(for: context.access.key)
    context.bodyPace = pace
    var response = try await next(request, context)
    if limit == 0, request.bodyMayBeLong { response.headers[.connection] = "close" }
    return response
  }
}

extension Request {
  /// Whether so much may follow the head that it is better to close the connection than to read what is left of it.
  var bodyMayBeLong: Bool {
    if let length = headers[.contentLength] { return Int(length) ?? .max > 64 << 10 }
    return headers[.transferEncoding] != nil
  }
}

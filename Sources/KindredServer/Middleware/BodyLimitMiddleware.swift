import HTTPTypes
import Hummingbird

/// Refuses a body that says it is too long, before any of it is read.
struct BodyLimitMiddleware: RouterMiddleware {
  let limit: Int
  let budget: BodyBudget
  /// What is left unread after an answer is read and dropped up to here; past it the connection is closed.
  private static let patience = 64 << 10

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    if limit > 0 { try RequestBodyReader.check(request, limit: limit) }
    var context = context
    context.bodyLimit = limit
    context.bodyClaim = budget.claim()
    var response = try await next(request, context)
    let announced = request.headers[.contentLength].flatMap { Int($0) }
    if limit == 0, request.hasBody, announced ?? .max > Self.patience { response.headers[.connection] = "close" }
    return response
  }
}

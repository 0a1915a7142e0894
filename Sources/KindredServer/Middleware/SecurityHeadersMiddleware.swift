import HTTPTypes
import Hummingbird

/// Tells browsers to trust answers with no more than they need.
struct SecurityHeadersMiddleware: RouterMiddleware {
  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.contentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "no-referrer"
    response.headers[.frameOptions] = "DENY"
    response.headers[.resourcePolicy] = "same-origin"
    response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
    return response
  }
}

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
    Self.add(to: &response.headers)
    return response
  }

  static func add(to headers: inout HTTPFields) {
    headers[.contentTypeOptions] = "nosniff"
    headers[.referrerPolicy] = "no-referrer"
    headers[.frameOptions] = "DENY"
    headers[.resourcePolicy] = "same-origin"
    headers[.contentSecurityPolicy] = contentSecurityPolicy
  }
}

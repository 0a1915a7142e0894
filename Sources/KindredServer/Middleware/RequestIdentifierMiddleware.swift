import HTTPTypes
import Hummingbird

/// Puts the request's identifier on its answer, so that what somebody saw can be found in the log.
struct RequestIdentifierMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.requestIdentifier] = context.requestIdentifier
    return response
  }
}

extension HTTPField.Name {
  // Names that are tokens make no `nil`; the fallback is never used.
  static let requestIdentifier = HTTPField.Name("X-Request-Id") ?? .via
  static let apiKey = HTTPField.Name("x-api-key") ?? .authorization
  static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options") ?? .via
  static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .via
  static let frameOptions = HTTPField.Name("X-Frame-Options") ?? .via
  static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy") ?? .via
  static let acceptBuffering = HTTPField.Name("X-Accel-Buffering") ?? .via
  static let hostHeader = HTTPField.Name("Host") ?? .via
}

import Hummingbird
import Logging

/// One line for each request: its route's pattern, never its address, query, headers or body, which are the user's.
struct RequestLogMiddleware: RouterMiddleware {
  let logger: Logger

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    let response = try await next(request, context)
    let level: Logger.Level = response.status.code >= 500 ? .warning : context.isQuiet ? .debug : .info
    logger.log(
      level: level, "answered",
      metadata: [
        "request": "\(context.requestIdentifier)", "method": "\(RequestMetricsMiddleware.method(request.method))",
        "route": "\(context.route)", "status": "\(response.status.code)",
        "ms": "\((context.stopwatch.seconds * 10_000).rounded() / 10)",
      ])
    return response
  }
}

extension ServerContext {
  /// The pattern of the request's route.
  var route: String {
    guard let path = endpointPath, path != "NotFound" else { return "none" }
    return path
  }

  /// Whether the route is asked so often by machines that it would fill the log.
  fileprivate var isQuiet: Bool { ["/healthz", "/readyz", "/metrics"].contains(route) }
}

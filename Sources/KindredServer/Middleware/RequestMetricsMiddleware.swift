import HTTPTypes
import Hummingbird

/// Counts requests and measures how long they take.
struct RequestMetricsMiddleware: RouterMiddleware {
  let metrics: ServerMetrics

  private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

  /// A method for labels and the log: strangers may send any word.
  static func method(_ method: HTTPRequest.Method) -> String { methods.contains(method) ? method.rawValue : "OTHER" }

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    metrics.requestsInFlight.add(1)
    defer { metrics.requestsInFlight.add(-1) }
    let response = try await next(request, context)
    metrics.countRequest(
      route: context.route, method: Self.method(request.method), status: response.status.code,
      seconds: context.stopwatch.seconds)
    return response
  }
}

import Hummingbird
import Synchronization

/// Bounds how many requests are under way; what comes past it is refused at once.
final class ConcurrencyMiddleware: RouterMiddleware {
  private let limit: Int
  private let count = Atomic(0)

  init(limit: Int) {
    self.limit = limit
  }

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    defer { count.subtract(1, ordering: .relaxed) }
    guard count.add(1, ordering: .relaxed).newValue <= limit else {
      throw ServerProblem.overloaded(reason: "too many requests are under way")
    }
    return try await next(request, context)
  }
}

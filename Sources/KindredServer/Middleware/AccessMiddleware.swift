import Foundation
import HTTPTypes
import Hummingbird
import Kindred

/// Finds out who asks, whether they may, and whether they ask too often.
struct AccessMiddleware: RouterMiddleware {
  let needed: RouteAccess
  let admission: Admission
  /// By key.
  let requests: RateLimiter
  /// By address, for keys that are none.
  let failures: RateLimiter

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    switch needed {
    case .anybody: break
    case .role(let role):
      context.access = try access(request, context)
      try context.access.require(role)
    case .allCollections(let role):
      context.access = try access(request, context)
      try context.access.requireAll(role)
    }
    return try await next(request, context)
  }

  private func access(_ request: Request, _ context: ServerContext) throws -> Access {
    if try admission.isOpen() { return .local }
    guard let secret = Self.secret(request.headers) else {
      throw refusal("No key was sent.", context, isGuess: false)
    }
    guard let key = try admission.key(of: secret) else {
      throw refusal("The key is wrong, expired or revoked.", context, isGuess: true)
    }
    if let wait = requests.take(key.id) { throw ServerProblem.rateLimited(retryAfter: wait) }
    return Access(key)
  }

  private func refusal(_ reason: String, _ context: ServerContext, isGuess: Bool) -> ServerProblem {
    if isGuess, let wait = failures.take(context.remoteAddress ?? "") { return .rateLimited(retryAfter: wait) }
    return .unauthorized(reason)
  }

  /// The secret of `x-api-key`, else of `Authorization: Bearer`.
  static func secret(_ headers: HTTPFields) -> String? {
    if let key = headers[.apiKey], !key.isEmpty { return key }
    guard let authorization = headers[.authorization] else { return nil }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return parts[1].trimmingCharacters(in: .whitespaces)
  }
}

import Hummingbird
import Logging

/// Turns errors into answers, in the style of the routes that they come from.
struct ErrorMiddleware: RouterMiddleware {
  let table: RouteTable
  /// The first that owns a path makes its errors.
  let styles: [ErrorStyle]
  let logger: Logger

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let path = Self.routed(request.uri.path)
      var problem = problem(of: error, request, context)
      // Else the rest of a body that nobody wants would be read to its end.
      if request.bodyMayBeLong { problem.closesConnection = true }
      return (styles.first { $0.owns(path) } ?? .problemDocument).response(problem)
    }
  }

  /// A path as the router sees it, which knows no empty names: `/query/` is `/query`.
  private static func routed(_ path: String) -> String { "/" + path.split(separator: "/").joined(separator: "/") }

  private func problem(of error: any Error, _ request: Request, _ context: ServerContext) -> ServerProblem {
    // The router knows no difference between a path that is not there and a method that is not.
    if context.endpointPath == "NotFound", (error as? any HTTPResponseError)?.status == .notFound {
      let methods = table.methods(at: Self.routed(request.uri.path))
      return methods.isEmpty ? .notFound : .wrongMethod(allowed: methods)
    }
    if let problem = ServerProblem.problem(of: error) {
      if problem.status >= 500 { note(error, context) }
      return problem
    }
    note(error, context)
    return .internalError(request: context.requestIdentifier)
  }

  /// What went wrong, for the person who runs the server: the log may name this machine's files.
  private func note(_ error: any Error, _ context: ServerContext) {
    if let problem = error as? ServerProblem, problem.code != "internal" {
      logger.debug("refused", metadata: ["request": "\(context.requestIdentifier)", "code": "\(problem.code)"])
      return
    }
    if error is CancellationError { return }
    logger.error(
      "failed", metadata: ["request": "\(context.requestIdentifier)", "route": "\(context.route)", "error": "\(error)"])
  }
}

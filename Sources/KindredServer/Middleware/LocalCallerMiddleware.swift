import Hummingbird
import Kindred

/// Keeps pages of other sites from driving a server that has no keys.
///
/// A page elsewhere can make a browser send requests to this machine: its `Origin` gives it away. And it can have its
/// own name lead to this machine: the `Host` gives that away. Callers with a key prove who they are by it.
struct LocalCallerMiddleware: RouterMiddleware {
  let admission: Admission
  let options: ServerOptions

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    if try admission.isOpen() { try check(request) }
    return try await next(request, context)
  }

  private func check(_ request: Request) throws(ServerProblem) {
    let authority = request.headers[.hostHeader] ?? request.head.authority ?? ""
    // Where strangers were let in on purpose, the name by which they come can't be known.
    if options.isLoopback {
      let host = HostName.host(ofAuthority: authority)
      guard HostName.isLoopback(host) || host == options.host.lowercased() else {
        throw .forbidden(
          "The server has no keys and answers only to this machine's own names.",
          remedy: "Ask for it as localhost or 127.0.0.1, or make a key with `kindred key create`.")
      }
    }
    guard let origin = request.headers[.origin] else { return }
    let own = authority.lowercased()
    guard origin.lowercased() == "http://\(own)" || origin.lowercased() == "https://\(own)", !own.isEmpty else {
      throw .forbidden(
        "The server has no keys and answers no pages of other sites.", remedy: "Make a key with `kindred key create`.")
    }
  }
}

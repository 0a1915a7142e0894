import HTTPTypes
import Hummingbird

/// How errors of a group of routes look.
public struct ErrorStyle: Sendable {
  /// Whether a path belongs to the group. Paths that no route knows are asked for too.
  public var owns: @Sendable (_ path: String) -> Bool
  /// The answer. Its status, `Retry-After`, `Allow` and the like are set by the caller.
  public var body: @Sendable (_ problem: ServerProblem) -> (contentType: String, body: ByteBuffer)

  public init(
    owns: @escaping @Sendable (_ path: String) -> Bool,
    body: @escaping @Sendable (_ problem: ServerProblem) -> (contentType: String, body: ByteBuffer)
  ) {
    self.owns = owns
    self.body = body
  }

  /// Problem documents, RFC 9457.
  public static let problemDocument = ErrorStyle(
    owns: { _ in true }, body: { ("application/problem+json", ByteBuffer(bytes: $0.json.bytes)) })

  /// The whole answer to a problem.
  func response(_ problem: ServerProblem) -> Response {
    let (contentType, body) = body(problem)
    var headers = HTTPFields()
    headers[.contentType] = contentType
    headers[.cacheControl] = "no-store"
    if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
    if let allowed = problem.allowed { headers[.allow] = allowed.joined(separator: ", ") }
    if problem.status == 401 { headers[.wwwAuthenticate] = "Bearer realm=\"kindred\"" }
    if problem.closesConnection { headers[.connection] = "close" }
    return Response(
      status: HTTPResponse.Status(code: problem.status), headers: headers, body: ResponseBody(byteBuffer: body))
  }
}

import HTTPTypes

/// Why a request is not answered as asked: what a problem document (RFC 9457) or Dria's envelope is made from.
public struct ServerProblem: Error, Sendable, Equatable {
  public var status: Int
  /// Stable; for programs.
  public var code: String
  public var title: String
  /// What was wrong, in words that may leave this machine.
  public var detail: String?
  /// What to do.
  public var remedy: String?
  public var suggestions: [String]?
  /// `Retry-After`, in seconds.
  public var retryAfter: Int?
  /// `Allow`, for a wrong method.
  public var allowed: [String]?
  /// Whether the connection is closed after the answer, since its request was not read to its end.
  public var closesConnection = false

  public init(status: Int, code: String, title: String, detail: String? = nil, remedy: String? = nil) {
    self.status = status
    self.code = code
    self.title = title
    self.detail = detail
    self.remedy = remedy
  }
}

extension ServerProblem {
  public static func invalid(_ detail: String, remedy: String? = nil) -> ServerProblem {
    ServerProblem(
      status: 400, code: "invalid-request", title: "The request makes no sense", detail: detail, remedy: remedy)
  }

  public static func unauthorized(_ detail: String) -> ServerProblem {
    ServerProblem(
      status: 401, code: "unauthorized", title: "A key is needed", detail: detail,
      remedy: "Send a valid key as `x-api-key` or `Authorization: Bearer`.")
  }

  public static func forbidden(_ detail: String, remedy: String? = nil) -> ServerProblem {
    ServerProblem(status: 403, code: "forbidden", title: "Not allowed", detail: detail, remedy: remedy)
  }

  public static let notFound = ServerProblem(
    status: 404, code: "not-found", title: "Not found", detail: "There is nothing at this address.")

  public static let unknownCollection = ServerProblem(
    status: 404, code: "unknown-collection", title: "No such collection",
    detail: "There is no such collection, or the key may not see it.")

  public static let unknownImage = ServerProblem(
    status: 404, code: "unknown-image", title: "No such image",
    detail: "No image of the collection has this identifier.")

  /// The same problem with what a request's body or query names, where what its address names is there.
  var ofRequest: ServerProblem {
    var problem = self
    problem.status = 422
    return problem
  }

  public static let unknownJob = ServerProblem(
    status: 404, code: "unknown-job", title: "No such job",
    detail: "There is no such job, or the key may not see it.")

  public static func wrongMethod(allowed: [String]) -> ServerProblem {
    var problem = ServerProblem(
      status: 405, code: "method-not-allowed", title: "Wrong method",
      detail: "This address answers \(allowed.joined(separator: ", ")).")
    problem.allowed = allowed
    return problem
  }

  public static func conflict(_ detail: String, remedy: String? = nil) -> ServerProblem {
    ServerProblem(
      status: 409, code: "conflict", title: "The collection's state does not allow it", detail: detail, remedy: remedy)
  }

  public static func readOnly(_ detail: String) -> ServerProblem {
    ServerProblem(status: 409, code: "read-only", title: "The collection does not take this", detail: detail)
  }

  public static let busy: ServerProblem = {
    var problem = ServerProblem(
      status: 409, code: "busy", title: "The collection is being written to",
      detail: "Another writer is at work on this collection.", remedy: "Try again in a while.")
    problem.retryAfter = 2
    return problem
  }()

  public static let gone = ServerProblem(
    status: 410, code: "gone", title: "The picture's file is gone",
    detail: "The file is not there any more, or holds something else than what was indexed.",
    remedy: "Index its folder again.")

  public static func tooLarge(_ detail: String) -> ServerProblem {
    ServerProblem(status: 413, code: "too-large", title: "Too large", detail: detail)
  }

  public static func unsupportedMediaType(accepted: [String]) -> ServerProblem {
    ServerProblem(
      status: 415, code: "unsupported-media-type", title: "Unsupported content type",
      detail: "This route reads \(accepted.joined(separator: ", ")).", remedy: "Say so in Content-Type.")
  }

  public static func notAPicture(_ detail: String) -> ServerProblem {
    ServerProblem(status: 422, code: "not-a-picture", title: "Not a picture", detail: detail)
  }

  public static func unusablePicture(_ detail: String) -> ServerProblem {
    ServerProblem(status: 422, code: "unusable-picture", title: "The picture can't be used", detail: detail)
  }

  public static func rateLimited(retryAfter: Int) -> ServerProblem {
    var problem = ServerProblem(
      status: 429, code: "rate-limited", title: "Too many requests",
      detail: "More requests than may be made in this time.", remedy: "Wait, then go on more slowly.")
    problem.retryAfter = retryAfter
    return problem
  }

  public static func overloaded(reason: String) -> ServerProblem {
    var problem = ServerProblem(
      status: 503, code: "overloaded", title: "The server has too much to do", detail: reason.capitalizedFirst + ".",
      remedy: "Try again in a while.")
    problem.retryAfter = 1
    return problem
  }

  public static let timeout: ServerProblem = {
    var problem = ServerProblem(
      status: 503, code: "timeout", title: "It took too long",
      detail: "The request was given up after the time that a request may take.")
    problem.retryAfter = 5
    problem.closesConnection = true
    return problem
  }()

  public static let draining: ServerProblem = {
    var problem = overloaded(reason: "the server is about to stop")
    problem.closesConnection = true
    return problem
  }()

  public static func unavailable(code: String, title: String, detail: String, remedy: String?) -> ServerProblem {
    ServerProblem(status: 503, code: code, title: title, detail: detail, remedy: remedy)
  }

  /// A fault of the server; what it was is in its log, beside the request's identifier.
  public static func internalError(request: String) -> ServerProblem {
    ServerProblem(
      status: 500, code: "internal", title: "Something went wrong in the server",
      detail: "The server's log says more about request \(request).")
  }

  /// The document's JSON.
  public var json: JSONValue {
    var fields: [(String, JSONValue)] = [
      ("type", .string("/docs#\(code)")), ("title", .string(title)), ("status", .int(Int64(status))),
      ("code", .string(code)),
    ]
    if let detail { fields.append(("detail", .string(detail))) }
    if let remedy { fields.append(("remedy", .string(remedy))) }
    if let suggestions { fields.append(("suggestions", .array(suggestions.map(JSONValue.string)))) }
    return .object(fields)
  }
}

extension String {
  /// The text with its first letter large.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

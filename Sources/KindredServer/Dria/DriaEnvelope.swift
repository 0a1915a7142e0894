import HTTPTypes
import Hummingbird

/// What every answer of Dria's protocol is wrapped in.
enum DriaEnvelope {
  private static let prefixes = ["/hnsw", "/hnswt", "/v1/knowledge"]
  private static let paths: Set = ["/health", "/query", "/fetch", "/insert_vector"]

  /// Errors of the protocol's routes: the message is in `data`, and clients go by the status.
  static let errorStyle = ErrorStyle(
    owns: { path in paths.contains(path) || prefixes.contains { path == $0 || path.hasPrefix($0 + "/") } },
    body: { problem in
      let message = [problem.detail ?? problem.title, problem.remedy].compactMap(\.self).joined(separator: " ")
      return ("application/json", ByteBuffer(bytes: json(code: problem.status, data: .string(message)).bytes))
    })

  static func json(code: Int, data: JSONValue) -> JSONValue {
    .object([("success", .bool(code == 200)), ("code", .int(Int64(code))), ("data", data)])
  }

  static func response(data: JSONValue) -> Response { response(ByteBuffer(bytes: json(code: 200, data: data).bytes)) }

  static func response(_ body: ByteBuffer) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = "application/json"
    headers[.cacheControl] = "no-store"
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
  }
}

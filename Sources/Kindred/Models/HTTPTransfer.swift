import CCURL
import Foundation

/// One GET over HTTP, through libcurl. It blocks its thread until it ends.
struct HTTPTransfer {
  /// An answer's head.
  struct Head {
    var status = 0
    private var fields: [String: String] = [:]

    /// - Parameter line: a line of it, or the first line of the next one.
    mutating func take(_ line: String) {
      if line.hasPrefix("HTTP/") {
        let parts = line.split(whereSeparator: \.isWhitespace)
        self = Head(status: parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
      } else if let colon = line.firstIndex(of: ":") {
        // Of a field that is there twice the last one counts.
        fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      }
    }

    private init(status: Int) { self.status = status }
    init() {}

    subscript(_ name: String) -> String? { fields[name.lowercased()] }
  }

  enum End {
    /// The answer was taken whole.
    case complete
    case brokenOff
    case timedOut(String)
    case notHTTP(String)
    /// Whoever took the answer wanted no more.
    case stopped
    case missingLibrary(String)
    case failed(String)
  }

  var url: URL
  /// Names and values.
  var headers: [(String, String)]
  var connectTimeout: TimeInterval

  /// Head and body of an answer, as they come; each call says whether to go on.
  struct Receiver {
    var head: (Head) -> Bool
    var body: (UnsafeRawBufferPointer) -> Bool
    /// Called about once a second at least.
    var wait: () -> Bool
  }

  private final class Context {
    let receiver: Receiver
    var head = Head()
    init(_ receiver: Receiver) { self.receiver = receiver }

    static func at(_ pointer: UnsafeMutableRawPointer?) -> Context? {
      pointer.map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  /// Makes the request and waits for its end.
  /// - Returns: how it ended, and where the answer wants the request to go instead.
  func run(_ receiver: Receiver) -> (end: End, redirect: String?) {
    let context = Context(receiver)
    let lines = headers.map { strdup("\($0): \($1)") }
    defer { for line in lines { free(line) } }
    var answer = kindred_curl_answer()
    withExtendedLifetime(context) {
      url.absoluteString.withCString { address in
        (lines.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { lines in
          guard let first = lines.baseAddress else { return }
          var request = kindred_curl_request(
            url: address, headers: first, connect_timeout: Int(connectTimeout * 1_000),
            context: Unmanaged.passUnretained(context).toOpaque(),
            take_head: { context, line, length in
              guard let context = Context.at(context) else { return false }
              let text = String(decoding: UnsafeRawBufferPointer(start: line, count: length), as: UTF8.self)
              // An empty line ends it.
              guard text.contains(where: { !$0.isWhitespace }) else { return context.receiver.head(context.head) }
              context.head.take(text.trimmingCharacters(in: .newlines))
              return true
            },
            take_body: { context, bytes, length in
              Context.at(context)?.receiver.body(UnsafeRawBufferPointer(start: bytes, count: length)) ?? false
            },
            wait: { Context.at($0)?.receiver.wait() ?? false })
          kindred_curl_run(&request, &answer)
        }
      }
    }
    let redirect = answer.redirect.map { String(cString: $0) }
    free(answer.redirect)
    let message = withUnsafeBytes(of: answer.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let end: End =
      switch answer.outcome {
      case kindred_curl_complete: .complete
      case kindred_curl_broken_off: .brokenOff
      case kindred_curl_timed_out: .timedOut(message)
      case kindred_curl_not_http: .notHTTP(message)
      case kindred_curl_stopped: .stopped
      case kindred_curl_missing: .missingLibrary(message)
      default: .failed(message)
      }
    return (end, redirect)
  }
}

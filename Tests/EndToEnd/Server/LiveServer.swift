import Foundation
import FoundationNetworking
import Testing

/// The built program, serving on a port of its own until this goes.
final class LiveServer {
  let url: String
  let process: Process
  private let errors: String
  /// Keeps its folder.
  private let program: Program

  /// - Parameters:
  ///   - program: whose folder has the index.
  ///   - arguments: after `serve --port 0`.
  init(_ program: Program, _ arguments: [String] = []) throws {
    self.program = program
    let output = program.folder + "/.serve-\(UUID().uuidString)"
    errors = output + ".err"
    for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
    process = try program.start(
      ["serve", "--port", "0", "--log-level", "warning"] + arguments,
      output: try #require(FileHandle(forWritingAtPath: output)),
      errors: try #require(FileHandle(forWritingAtPath: errors)))
    var address: Substring?
    for _ in 0..<600 where address == nil && process.isRunning {
      usleep(50_000)
      let text = try String(contentsOfFile: output, encoding: .utf8)
      guard text.hasSuffix("\n") else { continue }
      address = text.split(separator: " ").last?.dropLast().drop { $0.isWhitespace }
    }
    let found = try #require(
      address, "the server did not start: \((try? String(contentsOfFile: errors, encoding: .utf8)) ?? "")")
    url = String(found).trimmingCharacters(in: CharacterSet(charactersIn: "/\n"))
  }

  deinit { stop() }

  /// What it wrote to standard error.
  var log: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

  /// Resident memory in bytes.
  var memory: Int {
    let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
  }

  /// Ends it as a system would, and waits.
  @discardableResult
  func stop() -> Int32 {
    if process.isRunning {
      process.terminate()
      process.waitUntilExit()
    }
    return process.terminationStatus
  }

  struct Answer {
    var status: Int
    var body: Data
    var headers: [String: String]
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:] }
  }

  /// Sends a request and waits for its answer.
  func request(
    _ method: String = "GET", _ path: String, key: String? = nil, json: Any? = nil, body: Data? = nil,
    headers: [String: String] = [:]
  ) throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: url + path)))
    request.httpMethod = method
    request.timeoutInterval = 120
    if let json {
      request.httpBody = try JSONSerialization.data(withJSONObject: json)
      request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    }
    if let body { request.httpBody = body }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if let key { request.setValue(key, forHTTPHeaderField: "x-api-key") }
    let box = Box()
    let done = DispatchSemaphore(value: 0)
    let task = URLSession.shared.dataTask(with: request) { data, response, error in
      box.set(data, response as? HTTPURLResponse, error)
      done.signal()
    }
    task.resume()
    done.wait()
    return try box.answer()
  }

  /// Hands the answer from the session's thread to the caller's; the semaphore orders the two.
  private final class Box: @unchecked Sendable {
    private var data: Data?
    private var response: HTTPURLResponse?
    private var error: (any Error)?

    func set(_ data: Data?, _ response: HTTPURLResponse?, _ error: (any Error)?) {
      (self.data, self.response, self.error) = (data, response, error)
    }

    func answer() throws -> Answer {
      if let error { throw error }
      let response = try #require(response)
      let headers = response.allHeaderFields.compactMap { key, value -> (String, String)? in
        guard let key = key as? String, let value = value as? String else { return nil }
        return (key.lowercased(), value)
      }
      return Answer(
        status: response.statusCode, body: data ?? Data(),
        headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }))
    }
  }
}

import Foundation

/// Runs a program without a shell, without input, and not for ever.
struct ChildProcess {
  struct Result {
    var status: Int32
    /// The last 4 KiB of what it wrote to its standard output and error.
    var outputTail: String
  }

  enum Failure: Error {
    case notFound
    case notStarted(String)
    case timedOut(outputTail: String)
    case cancelled
  }

  /// A program's name, looked up in `PATH`, or its path.
  var program: String
  var arguments: [String]
  var workingDirectory: String
  var environment: [String: String]
  /// Seconds until it is ended.
  var timeout: TimeInterval

  /// - Parameter log: a file for its output; a pipe would have to be emptied all the time.
  func run(log: String) async throws(Failure) -> Result {
    guard let path = find(program) else { throw .notFound }
    guard FileManager.default.createFile(atPath: log, contents: nil), let output = FileHandle(forWritingAtPath: log)
    else { throw .notStarted("\(log) can't be written") }
    defer { try? output.close() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = URL(fileURLWithPath: workingDirectory)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    do {
      try process.run()
    } catch {
      throw .notStarted((error as NSError).localizedDescription)
    }
    let deadline = Date(timeIntervalSinceNow: timeout)
    while process.isRunning {
      if Date() > deadline {
        kill(process.processIdentifier, SIGKILL)
        throw .timedOut(outputTail: Self.tail(of: log))
      }
      do {
        try await Task.sleep(nanoseconds: 50_000_000)
      } catch {
        kill(process.processIdentifier, SIGKILL)
        throw .cancelled
      }
    }
    return Result(status: process.terminationStatus, outputTail: Self.tail(of: log))
  }

  private static func tail(of log: String) -> String {
    guard let file = FileHandle(forReadingAtPath: log), let size = try? file.seekToEnd() else { return "" }
    defer { try? file.close() }
    try? file.seek(toOffset: size > 4096 ? size - 4096 : 0)
    let data = (try? file.read(upToCount: 4096)) ?? Data()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func find(_ program: String) -> String? {
    if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
    let folders = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}

import Foundation
import Testing

/// Runs the built program as a person would.
struct Program: Sendable {
  struct Answer {
    var status: Int32
    /// Ended by a signal instead of by itself.
    var signalled: Bool
    var output: String
    var errors: String
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// A temporary folder that goes when the last program in it goes.
  final class Folder: Sendable {
    let path: String

    init() throws {
      path =
        FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("kindred-end-to-end-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private let directory: Folder
  let environment: [String: String]
  /// Where relative paths start and `index` is made.
  var folder: String { directory.path }

  init() throws {
    directory = try Folder()
    environment = ["KINDRED_HOME": SharedData.home ?? directory.path + "/home"]
  }

  /// `$KINDRED_BINARY`, or the program that was built beside the tests.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["KINDRED_BINARY"] { return path }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (tests as NSString).deletingLastPathComponent + "/kindred"
  }()

  func start(_ arguments: [String], input: Data? = nil, output: Any, errors: Any) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = errors
    if let input {
      let file = folder + "/.input-\(UUID().uuidString)"
      try input.write(to: URL(fileURLWithPath: file))
      process.standardInput = FileHandle(forReadingAtPath: file)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
    return process
  }

  @discardableResult
  func run(_ arguments: String..., input: Data? = nil) throws -> Answer { try runAll(arguments, input: input) }
  func run(_ arguments: [String]) throws -> Answer { try runAll(arguments, input: nil) }

  /// Runs and wants success.
  @discardableResult
  func succeed(_ arguments: String..., input: Data? = nil, location: SourceLocation = #_sourceLocation) throws -> Answer
  {
    let answer = try runAll(arguments, input: input)
    #expect(answer.status == 0 && !answer.signalled, "\(arguments): \(answer.errors)", sourceLocation: location)
    return answer
  }

  /// Runs and reads JSON.
  func json(_ arguments: String..., location: SourceLocation = #_sourceLocation) throws -> [String: Any] {
    let answer = try runAll(arguments, input: nil)
    #expect(answer.status == 0, "\(arguments): \(answer.errors)", sourceLocation: location)
    let value = try JSONSerialization.jsonObject(with: Data(answer.output.utf8))
    return try #require(value as? [String: Any], sourceLocation: location)
  }

  private func runAll(_ arguments: [String], input: Data?) throws -> Answer {
    // Files, not pipes: a pipe that nobody empties would stop the program.
    let name = folder + "/.run-\(UUID().uuidString)"
    for path in [name + ".out", name + ".err"] { try Data().write(to: URL(fileURLWithPath: path)) }
    let output = try #require(FileHandle(forWritingAtPath: name + ".out"))
    let errors = try #require(FileHandle(forWritingAtPath: name + ".err"))
    let process = try start(arguments, input: input, output: output, errors: errors)
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, signalled: process.terminationReason == .uncaughtSignal,
      output: try String(contentsOfFile: name + ".out", encoding: .utf8),
      errors: try String(contentsOfFile: name + ".err", encoding: .utf8))
  }
}

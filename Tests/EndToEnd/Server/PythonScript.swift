import Foundation
import Testing

/// Scripts beside these tests that use a server as its users' programs do.
enum PythonScript {
  /// An interpreter that has what `Python/requirements.txt` lists; `nil` where there is none, which is printed, and a
  /// failure in continuous integration.
  static let interpreter: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["KINDRED_TEST_PYTHON"] { return path }
    print("skipped: KINDRED_TEST_PYTHON does not name an interpreter with the packages of requirements.txt")
    if environment["CI"] == "true" { Issue.record("KINDRED_TEST_PYTHON is unset though CI=true") }
    return nil
  }()

  static var isPresent: Bool { interpreter != nil }

  static var folder: String { SharedData.repository.path + "/Tests/EndToEnd/Python" }

  /// Where scripts put what people may want to look at.
  static var output: String {
    ProcessInfo.processInfo.environment["KINDRED_TEST_OUTPUT"] ?? SharedData.repository.path + "/.build/test-output"
  }

  /// Runs a script, prints what it prints, and wants success.
  static func run(_ name: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) throws {
    try run([folder + "/" + name] + arguments, name: name, location: location)
  }

  /// Runs a module of a package.
  static func run(module: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) throws {
    try run(["-m", module] + arguments, name: module, location: location)
  }

  private static func run(_ arguments: [String], name: String, location: SourceLocation) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(interpreter, sourceLocation: location))
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": folder,
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
      ]
    ) { $1 }
    process.currentDirectoryURL = FileManager.default.temporaryDirectory
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(name) failed; what it printed is above", sourceLocation: location)
  }
}

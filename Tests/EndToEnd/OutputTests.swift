import Foundation
import Testing

/// What the program writes to its outputs; needs neither model nor pictures.
@Suite struct OutputTests {
  private func status(_ program: Program, _ arguments: [String], output: FileHandle) throws -> (Int32, String) {
    let name = program.folder + "/errors"
    try Data().write(to: URL(fileURLWithPath: name))
    let errors = try #require(FileHandle(forWritingAtPath: name))
    let process = try program.start(arguments, output: output, errors: errors)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    return (process.terminationStatus, try String(contentsOfFile: name, encoding: .utf8))
  }

  @Test(arguments: [
    ["model", "list", "--json"], ["model", "list"], ["model", "describe", "resnet50"], ["--help"], ["--version"],
  ]) func outputThatCanNotBeWrittenIsAFailure(_ arguments: [String]) throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let (status, errors) = try status(Program(), arguments, output: full)
    #expect(status == 1)
    #expect(errors == "kindred: standard output: no space left on device\n")
  }

  @Test func aReaderThatHasGoneIsNoFault() throws {
    let program = try Program()
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let errors = Pipe()
    let process = try program.start(["model", "list"], output: pipe, errors: errors)
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
  }

  @Test func errorsReachTheTerminalWithoutControlCharacters() throws {
    let program = try Program()
    for name in ["\u{1B}]0;title\u{7}", "\u{202E}gpj", "two\nlines", "\u{9B}31m"] {
      let answer = try program.run("index", "/no/such/" + name)
      #expect(answer.status == 1)
      #expect(answer.errors.contains("/no/such/"))
      #expect(answer.errors.contains("\u{FFFD}"))
      for scalar in "\u{1B}\u{7}\u{202E}\u{9B}".unicodeScalars {
        #expect(!answer.errors.unicodeScalars.contains(scalar))
      }
      // What is wrong, and what to do.
      #expect(answer.lines.isEmpty && answer.errors.split(separator: "\n").count == 2, "\(answer.errors)")
    }
    // Names of options are refused by the parser, which says so in several lines.
    let usage = try program.run("search", "--\u{1B}[2J")
    #expect(usage.status == 64)
    #expect(!usage.errors.unicodeScalars.contains("\u{1B}"))
    #expect(usage.errors.contains("\nUsage: "))
  }
}

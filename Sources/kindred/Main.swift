import ArgumentParser
import Foundation
import ImageDecoding
import Inference
import Kindred

/// Sees to the process before any command runs.
@main
enum Main {
  static func main() async {
    Allocation.keepLargePieces()
    OpenBLASThreads.endIdle()
    let arguments = CommandLine.arguments
    let home = KindredHome().path
    let verdict = OpenBLASSafety.ensure(cacheFile: home + "/openblas-check", arguments: arguments)
    switch verdict {
    case .correct: break
    case .replaced(let coreType):
      DoctorCommand.openBLASNote =
        "OpenBLAS computes wrongly on this processor with the kernels that it chooses; its \(coreType) kernels are used"
    case .broken(let reason):
      Terminal.note("kindred: \(reason). Nothing that depends on it can be trusted; install another libopenblas0.")
      if arguments.dropFirst().first != "doctor" { exit(1) }
      DoctorCommand.openBLASNote = reason
    }
    await run()
  }

  /// What `AsyncParsableCommand.main()` does, with errors made fit for a terminal and the output's fate looked at.
  private static func run() async {
    do {
      var command = try await KindredCommand.asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let printable = Self.printable(error)
      let code = KindredCommand.exitCode(for: printable)
      let text = KindredCommand.fullMessage(for: printable)
      if code.isSuccess {
        if !text.isEmpty { print(text) }
        end(code.rawValue)
      }
      if !text.isEmpty { Terminal.note(PrintableText.printable(text, keepsLines: true)) }
      end(code.rawValue)
    }
    end(EXIT_SUCCESS)
  }

  /// Errors that name files: a line feed in a name is not the one between what is wrong and what to do.
  private static func printable(_ error: any Error) -> any Error {
    if let error = error as? KindredError { return error.printable }
    guard var error = error as? ImageDecodingError else { return error }
    error.path = Terminal.printable(error.path)
    error.reason = Terminal.printable(error.reason)
    return error
  }

  /// Ends the process; a run that was good is not when its output could not be written.
  private static func end(_ code: Int32) -> Never {
    if let reason = StandardOutput.failure() {
      Terminal.note("kindred: standard output: \(reason)")
      exit(code == EXIT_SUCCESS ? EXIT_FAILURE : code)
    }
    exit(code)
  }
}

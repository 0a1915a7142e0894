import ArgumentParser
import Inference
import Kindred

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the processor, the libraries, the models and the collection.",
    discussion: "Ends with status 1 when something is wrong.")

  /// What start-up found out about OpenBLAS; set once, before any command runs.
  nonisolated(unsafe) static var openBLASNote: String?

  @OptionGroup var place: CollectionOptions
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let report = Doctor(
      indexFolder: place.folder, collectionDirectory: try place.directory, openBLASNote: Self.openBLASNote
    )
    .examine()
    if json {
      try printJSON(report)
    } else {
      for section in report.sections {
        print(section.title)
        for finding in section.findings {
          let mark =
            switch finding.state {
            case .good: "ok  "
            case .note: "note"
            case .bad: "BAD "
            }
          print("  \(mark)  \(Terminal.printable(finding.text))")
        }
      }
      print(report.isHealthy ? "\nAll well." : "\nSomething is wrong; see the lines marked BAD.")
    }
    if !report.isHealthy { throw ExitCode.failure }
  }
}

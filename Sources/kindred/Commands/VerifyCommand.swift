import ArgumentParser
import Kindred

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every file, row, feature and graph node against each other.",
    discussion: """
      Ends with status 1 when something is wrong. --repair mends it: features are made again from their pictures, images \
      whose files are gone leave the collection, changed files are indexed again, and the graph is rebuilt.
      """)

  @OptionGroup var place: CollectionOptions
  @OptionGroup var model: ModelOptions
  @Flag(help: "Compare sizes and times of files instead of reading them.") var quick = false
  @Flag(help: "Mend what is wrong.") var repair = false
  @Flag(help: "Let a repair take out most images because their files are gone.") var allowEmpty = false
  @Flag(help: "Print JSON.") var json = false

  private struct Output: Encodable {
    var sound: Bool
    var report: VerificationReport
    var repaired: VerificationReport?
  }

  func run() throws {
    let collection = try place.open(kind: nil)
    let bar = ProgressBar("Verifying", unit: "files")
    let report: VerificationReport
    var after: VerificationReport?
    if repair {
      var options = IndexOptions()
      options.allowsEmpty = allowEmpty
      let network = try CollectionModel(collection: collection, options: model)
      let result = try Repairer(collection, options: options, loadModel: network.load).run(hashesFiles: !quick)
      report = result.before
      after = report.isSound ? nil : result.after
    } else {
      report = try Verifier(collection, hashesFiles: !quick) { bar.show($0, of: $1) }.run()
      bar.clear()
    }
    let last = after ?? report
    if json {
      try printJSON(Output(sound: last.isSound, report: report, repaired: after))
    } else {
      show(report, of: collection.kind)
      if let after {
        print("\nAfter the repair:")
        show(after, of: collection.kind)
      } else if !report.isSound {
        print("`kindred verify --repair` mends this; `kindred index` takes up files that are gone or changed.")
      }
    }
    if !last.isSound { throw ExitCode.failure }
  }

  private func show(_ report: VerificationReport, of kind: Collection.Kind) {
    let most = 20
    for problem in report.problems.prefix(most) {
      print("\(problem.kind.rawValue): \(Terminal.path(problem.place)): \(Terminal.printable(problem.description))")
    }
    if report.problems.count > most { print("and \(report.problems.count - most) more") }
    let entries =
      kind == .vectors
      ? Terminal.plural(report.contents, "vector")
      : "\(Terminal.plural(report.images, "image")), \(Terminal.plural(report.contents, "feature"))"
    let checked = "\(entries), \(Terminal.plural(report.graphNodes, "graph node")) checked"
    print("\(checked): \(report.isSound ? "all sound" : Terminal.plural(report.problems.count, "problem"))")
  }
}

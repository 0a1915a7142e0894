import ArgumentParser
import Foundation
import Kindred

struct DuplicatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplicates", abstract: "Group pictures that are alike.",
    discussion: """
      Three kinds are told apart: files with the same bytes (identical); versions of the same picture, encoded anew, \
      resized, cropped a little, mirrored, turned, brighter or darker, or with a little text (same); and pictures that \
      look alike, such as shots of a burst (look-alike). Whether two are the same picture is told from their samples, so \
      their files are read. The first of each group is the largest. Nothing is deleted.
      """)

  @Option(help: ArgumentHelp("Only this kind: identical, same or look-alike. May be repeated.", valueName: "kind"))
  var kind: [DuplicateKind] = []

  @Option(help: ArgumentHelp("Least score of look-alikes.", valueName: "score"))
  var threshold = DuplicateThresholds.lookAlikeScore

  @OptionGroup var place: CollectionOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print CSV.")
  var csv = false

  @Flag(
    help: ArgumentHelp(
      "Print the paths of all but the first of each group, one a line; look-alikes only with --kind look-alike."))
  var paths = false

  @Flag(name: .customLong("print0"), help: "As --paths, each ended by a NUL.")
  var printsNul = false

  func validate() throws {
    guard threshold > 0, threshold <= 1 else { throw ValidationError("--threshold must be above 0 and at most 1.") }
    guard [json, csv, paths, printsNul].count(where: { $0 }) <= 1 else {
      throw ValidationError("Choose one of --json, --csv, --paths and --print0.")
    }
  }

  /// Lists of paths are for programs that move or delete files, which look-alikes are not for, unless a person says so.
  private var kinds: Set<DuplicateKind> {
    if !kind.isEmpty { return Set(kind) }
    return paths || printsNul ? [.identical, .same] : Set(DuplicateKind.allCases)
  }

  func run() throws {
    let bars = [
      DuplicateProgress.Stage.neighbors: ProgressBar("Looking up", unit: "images"),
      .pairs: ProgressBar("Comparing", unit: "pairs"),
    ]
    let groups = try DuplicateFinder(place.open()).groups(kinds: kinds, threshold: threshold) {
      bars[$0.stage]?.show($0.completed, of: $0.total)
      if $0.completed == $0.total { bars[$0.stage]?.clear() }
    }
    let spare = groups.flatMap { $0.members.dropFirst() }
    if json {
      try printJSON(DuplicatesOutput(groups, threshold: threshold))
    } else if csv {
      DuplicatesOutput.printCSV(groups)
    } else if paths {
      for member in spare { print(member.record.path) }
    } else if printsNul {
      for member in spare { print(member.record.path, terminator: "\0") }
    } else {
      DuplicatesReport(groups, kinds: kinds, threshold: threshold).show()
    }
  }
}

extension DuplicateKind: ExpressibleByArgument {}

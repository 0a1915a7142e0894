import ArgumentParser
import Foundation
import Kindred

struct DuplicatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplicates", abstract: "Group pictures that look the same.",
    discussion: "The first of each group is the largest. Nothing is deleted.")

  @Option(help: ArgumentHelp("Least cosine of two pictures taken for one.", valueName: "score")) var threshold: Float =
    0.97
  @OptionGroup var place: CollectionOptions
  @Flag(help: "Print JSON.") var json = false
  @Flag(name: .customLong("print0"), help: "Print the paths of all but the first of each group, each ended by a NUL.")
  var printsNul = false

  func validate() throws {
    guard threshold > 0, threshold <= 1 else { throw ValidationError("--threshold must be above 0 and at most 1.") }
    guard !(json && printsNul) else { throw ValidationError("Choose one of --json and --print0.") }
  }

  private struct Group: Encodable {
    struct Member: Encodable {
      var id: Int64
      var path: String
      var score: Float
      var sameBytes: Bool
      var width: Int
      var height: Int
      var byteCount: Int64
    }
    var members: [Member]
  }

  func run() throws {
    let bar = ProgressBar("Comparing", unit: "images")
    let groups = try DuplicateFinder(place.open()).groups(threshold: threshold) { bar.show($0, of: $1) }
    bar.clear()
    if json {
      try printJSON(
        groups.map { group in
          Group(
            members: group.members.map {
              Group.Member(
                id: $0.record.id, path: $0.record.path, score: $0.score, sameBytes: $0.isSameBytes,
                width: $0.record.width, height: $0.record.height, byteCount: $0.record.byteCount)
            })
        })
    } else if printsNul {
      for member in groups.flatMap({ $0.members.dropFirst() }) { print(member.record.path, terminator: "\0") }
    } else if groups.isEmpty {
      print("No duplicates at a threshold of \(threshold).")
    } else {
      for group in groups {
        print("\(group.members.count) alike:")
        for member in group.members {
          let note = member.isSameBytes ? "same bytes" : String(format: "%.3f", member.score)
          print(
            "  \(note.padding(toLength: 10, withPad: " ", startingAt: 0))  \(member.record.width) × \(member.record.height)  \(Terminal.path(member.record.path))"
          )
        }
      }
      let spare = groups.reduce(0) { $0 + $1.members.count - 1 }
      print("\(Terminal.plural(groups.count, "group")), \(Terminal.plural(spare, "image")) more than one of each")
    }
  }
}

import Foundation
import Testing

/// Labels on real photos, half of which are hidden.
@Suite(.enabled(if: SharedData.isPresent), .serialized) struct LabelTests {
  private static let seed: UInt64 = 20_261_124

  /// The folder of each photo by its path.
  private func truth() throws -> [String: String] {
    let manager = FileManager.default
    var found: [String: String] = [:]
    let root = URL(fileURLWithPath: SharedData.photos).resolvingSymlinksInPath().path
    for folder in try manager.contentsOfDirectory(atPath: root) {
      for name in try manager.contentsOfDirectory(atPath: root + "/" + folder) {
        found[root + "/" + folder + "/" + name] = folder
      }
    }
    return found
  }

  /// The rows of a CSV without its head; no path here has a comma or a quote.
  private func rows(_ program: Program, _ arguments: [String]) throws -> [[String]] {
    let answer = try program.run(arguments)
    #expect(answer.status == 0, "\(answer.errors)")
    return answer.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  @Test func hiddenLabelsAreFound() throws {
    let truth = try truth()
    print("seed \(Self.seed)")
    var generator = SeededShuffle(seed: Self.seed)
    var shown = Set<String>()
    for paths in Dictionary(grouping: truth.keys.sorted(), by: { truth[$0] }).sorted(by: { $0.key ?? "" < $1.key ?? "" }
    ) {
      shown.formUnion(paths.value.shuffled(using: &generator).prefix((paths.value.count + 1) / 2))
    }
    let program = try Program()
    let table = program.folder + "/labels.csv"
    try ("path,label\n" + shown.sorted().map { "\($0),\(truth[$0] ?? "")\n" }.joined())
      .write(toFile: table, atomically: true, encoding: .utf8)
    try program.succeed(
      "index", SharedData.photos, "--model", SharedData.model("resnet18"), "--recipe", "best", "--labels", table)

    var right = 0
    let labels = Set(truth.values).sorted()
    for label in labels {
      let offered = try rows(program, ["search", "--label", label, "--top", "500", "--min-score", "0", "--csv"])
        .map { $0[3] }.filter { !shown.contains($0) }.prefix(10)
      #expect(offered.count == 10)
      right += offered.count { truth[$0] == label }
    }
    let precision = Double(right) / Double(10 * labels.count)
    #expect(precision >= 0.93, "precision@10 \(precision)")

    let all = try rows(program, ["label", "suggest", "--min-confidence", "0", "--top", "1000", "--csv"])
    var bins = [(count: Int, confidence: Double, right: Double)](repeating: (0, 0, 0), count: 10)
    for row in all {
      let confidence = try #require(Double(row[3]))
      let bin = min(9, Int(confidence * 10))
      bins[bin].count += 1
      bins[bin].confidence += confidence
      bins[bin].right += truth[row[1]] == row[2] ? 1 : 0
    }
    #expect(all.count >= 230)
    let error = bins.reduce(0) { $0 + abs($1.confidence - $1.right) } / Double(all.count)
    #expect(error <= 0.05, "expected calibration error \(error)")

    // A broader term of what the network predicted.
    let dogs = try rows(program, ["search", "--label", "dog", "--top", "500", "--csv"]).filter { $0[4] == "labelled" }
    let dalmatians = truth.values.count { $0 == "dalmatian" }
    #expect(dogs.count { truth[$0[3]] == "dalmatian" } * 10 >= dalmatians * 9)
    #expect(try program.succeed("label", "list", "--broader").output.contains("(broader term)"))

    // Accepted and rejected suggestions do not come again.
    let first = try #require(all.first)
    try program.succeed("label", "suggest", first[2], "--reject", "--id", first[0])
    let accepted = try rows(program, ["label", "suggest", "--top", "5", "--accept", "--csv"])
    #expect(accepted.count == 5)
    let left = try rows(program, ["label", "suggest", "--min-confidence", "0", "--top", "1000", "--csv"]).map { $0[0] }
    #expect(Set(left).isDisjoint(with: accepted.map { $0[0] } + [first[0]]))
  }
}

/// A small repeatable generator (SplitMix64).
private struct SeededShuffle: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

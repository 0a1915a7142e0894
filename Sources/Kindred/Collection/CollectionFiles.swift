import Foundation

/// Where the parts of one collection lie.
///
/// Feature file and graph carry one number: a compaction writes the next pair, and the number in SQLite says which
/// pair is the collection's.
struct CollectionFiles: Sendable {
  let directory: String

  var database: String { directory + "/collection.sqlite" }
  var lock: String { directory + "/writer.lock" }
  func features(_ number: Int) -> String { directory + "/features-\(padded(number)).f32" }
  func graph(_ number: Int) -> String { directory + "/graph-\(padded(number)).hnsw" }

  private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Feature files and graphs of other numbers than `number`: what a crash in a compaction left.
  func leftovers(besides number: Int) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let kept = [features(number), graph(number)].map { ($0 as NSString).lastPathComponent }
    return names.filter { name in
      (name.hasPrefix("features-") || name.hasPrefix("graph-")) && !kept.contains(name)
    }.map { directory + "/" + $0 }
  }
}

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
  /// The graph of codes that were made with a fit.
  func graph(_ number: Int, fit: Int) -> String { directory + "/graph-\(padded(number))-\(padded(fit)).hnsw" }
  func fit(_ number: Int) -> String { directory + "/fit-\(padded(number)).fit" }

  private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Whether nothing is here, or only what the interrupted making of a collection leaves.
  var areRemains: Bool {
    guard FolderWalker.information(directory) != nil else { return true }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return false }
    return names.allSatisfy {
      $0.wholeMatch(of: /writer\.lock|features-[0-9]{6,}\.f32|collection\.sqlite\.new(-wal|-shm|-journal)?/) != nil
    }
  }

  /// Feature files, graphs and fits of other numbers: what a crash in a compaction or in fitting left.
  func leftovers(besides number: Int, fit: Int) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let kept = [features(number), graph(number), graph(number, fit: fit), self.fit(fit)].map {
      ($0 as NSString).lastPathComponent
    }
    // Exactly the names that a collection gives: the folder may hold a person's files.
    return names.filter { name in
      name.wholeMatch(of: /features-[0-9]{6,}\.f32|graph-[0-9]{6,}(-[0-9]{6,})?\.hnsw|fit-[0-9]{6,}\.fit/) != nil
        && !kept.contains(name)
    }.map { directory + "/" + $0 }
  }
}

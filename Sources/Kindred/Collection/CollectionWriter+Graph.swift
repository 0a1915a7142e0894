import Foundation
import GRDB
import VectorIndex

extension CollectionWriter {
  /// Brings the saved graph up to the collection: inserts what is missing, leaves out what is gone, and builds it
  /// anew where there is none or it is damaged. Small collections have no graph.
  /// - Parameters:
  ///   - force: build a graph however small the collection is.
  ///   - isCancelled: asked now and then; true ends the work. What is done is kept, and the next call goes on.
  ///   - progress: told how many rows are in the graph, of how many.
  public func updateGraph(
    force: Bool = false, isCancelled: () -> Bool = { false }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let (moment, live) = try collection.read { db in
      (try collection.moment(db), try Collection.liveRows(db))
    }
    let path = collection.files.graph(segment)
    guard force || live.count >= Collection.exactSearchLimit else {
      // A graph that is no longer used would only fall behind.
      if FileManager.default.fileExists(atPath: path) {
        try? FileManager.default.removeItem(atPath: path)
        collection.closeFiles()
      }
      return
    }
    var loaded = try? HNSWIndex(contentsOf: path, features: features)
    if let graph = loaded, graph.parameters != collection.settings.graph { loaded = nil }
    if let graph = loaded, graph.generation == moment.generation, graph.liveCount == live.count { return }
    // Deleted nodes cost memory and steps: with more than a third of them, a fresh graph is better.
    if let graph = loaded, graph.count - live.count > graph.count / 3 { loaded = nil }
    let graph = try loaded ?? HNSWIndex(features: features, parameters: collection.settings.graph)

    let liveSet = Set(live)
    for row in graph.rows where !graph.isDeleted(row: row) && !liveSet.contains(row) {
      try graph.markDeleted(row: row)
    }
    let missing = live.filter { !graph.contains(row: $0) }
    let portion = 2_048
    for start in stride(from: 0, to: missing.count, by: portion) {
      progress(start, missing.count)
      if isCancelled() {
        // Rows are inserted in ascending order: searches compare what comes after the last one by itself.
        try graph.save(to: path, generation: -1)
        collection.closeFiles()
        return
      }
      try graph.insert(rows: Array(missing[start..<min(start + portion, missing.count)]))
    }
    progress(missing.count, missing.count)
    try graph.save(to: path, generation: moment.generation)
    collection.closeFiles()
  }

  /// Writes a new feature file of the live rows alone, when dead ones are more than a third.
  public func compactIfWorthwhile() throws {
    let moment = try collection.moment()
    let dead = moment.rowCount - moment.contentCount
    guard dead > 256, dead * 3 > moment.rowCount else { return }
    try compact()
  }

  /// Writes a new feature file of the live rows alone and switches to it in one transaction.
  func compact() throws {
    let next = segment + 1
    let path = collection.files.features(next)
    try? FileManager.default.removeItem(atPath: path)
    let fresh = try FeatureFile.create(path: path, dimension: features.dimension)
    let (moment, live) = try collection.read { (try collection.moment($0), try Collection.liveRows($0)) }
    for start in stride(from: 0, to: live.count, by: 1_024) {
      let rows = live[start..<min(start + 1_024, live.count)]
      _ = try fresh.append(rows.flatMap { try collection.feature(at: moment, row: $0) })
    }
    try fresh.synchronize()
    try write { db in
      // Rows only move down, in ascending order, so no two contents ever claim one row.
      for (newRow, oldRow) in live.enumerated() where newRow != oldRow {
        try db.execute(
          sql: "UPDATE content SET feature_row = ? WHERE feature_row = ?", arguments: [newRow, oldRow])
      }
      try Self.setProperty(db, "row_count", live.count)
      try Self.setProperty(db, "segment", next)
      try Self.advanceGeneration(db)
    }
    let old = [collection.files.features(segment), collection.files.graph(segment)]
    adopt(features: fresh, segment: next)
    for path in old { removeFile(path) }
  }
}

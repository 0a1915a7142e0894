import Foundation
import GRDB
import VectorIndex

extension CollectionWriter {
  /// Brings what is derived from the features up to the collection: what was learnt from its embeddings, where it has
  /// changed much, and the saved graph. Inserts what is missing, leaves out what is gone, and builds the graph anew where
  /// there is none, it is damaged or was made with another fit. Small collections have no graph.
  ///
  /// Readers go on with what they have: a new fit and its graph are written in full before the database names them.
  /// - Parameters:
  ///   - force: build a graph however small the collection is.
  ///   - isCancelled: asked now and then; true ends the work. What is done is kept, and the next call goes on.
  ///   - progress: told how many rows are in the graph, of how many.
  public func updateGraph(
    force: Bool = false, isCancelled: () -> Bool = { false }, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    guard try force || !isDerivedUpToDate() else { return }
    let (moment, live) = try collection.read { db in
      (try collection.moment(db), try Collection.liveRows(db))
    }
    let wantsGraph = force || live.count >= Collection.exactSearchLimit
    let fitting = try refit(moment, live: live, wantsGraph: wantsGraph, recipe: moment.recipe)
    let isDone = try bringGraph(
      to: moment, live: live, fitting, wantsGraph: wantsGraph, isCancelled: isCancelled, progress: progress)
    if isDone { try noteDerived() }
  }

  /// The property that remembers what was derived last, and from what.
  private static let derivedProperty = "derived"

  /// Looking whether a fit still does reads thousands of rows, so it is done once for what there is, not at every run.
  private func isDerivedUpToDate() throws -> Bool {
    try collection.read { db in
      let noted = try String.fetchOne(
        db, sql: "SELECT value FROM property WHERE name = ?", arguments: [Self.derivedProperty])
      return noted == derivedNote(try collection.moment(db))
    }
  }

  private func noteDerived() throws {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO property (name, value) VALUES (?, ?)",
        arguments: [Self.derivedProperty, derivedNote(try collection.moment(db))])
    }
  }

  /// Names a moment and the files of its fit and graph, by size and time: a file that was lost or changed is looked at.
  private func derivedNote(_ moment: Collection.Moment) -> String {
    let files = collection.files
    let stamps = [files.fit(moment.fit), files.graph(moment.segment), files.graph(moment.segment, fit: moment.fit)]
      .map { path in Collection.stamp(of: path).map { "\($0.byteCount)@\($0.modified)" } ?? "none" }
    return "\(moment.generation) \(moment.segment) \(moment.fit) " + stamps.joined(separator: " ")
  }

  /// What embeddings are made, compared and coded with, now or soon.
  struct Fitting {
    var recipe: EmbeddingRecipe
    /// 0 where there is none.
    var number: Int
    var fit: EmbeddingFit?
    /// Whether the database does not name it yet.
    var isNew: Bool
  }

  /// Brings the graph to a moment by a fitting, and has the database name the fitting.
  /// - Returns: false where it was cancelled.
  @discardableResult
  func bringGraph(
    to moment: Collection.Moment, live: [Int], _ fitting: Fitting, wantsGraph: Bool, isCancelled: () -> Bool,
    progress: (Int, Int) -> Void
  ) throws -> Bool {
    let path =
      fitting.fit?.codes == nil
      ? collection.files.graph(segment)
      : collection.files.graph(segment, fit: fitting.number)
    guard wantsGraph, fitting.fit?.codes != nil || features.layout.numbers == .float32 else {
      try adopt(fitting)
      // A graph that is no longer used would only fall behind.
      if FileManager.default.fileExists(atPath: path) {
        try? FileManager.default.removeItem(atPath: path)
        collection.closeFiles()
      }
      return true
    }
    let composition = try collection.composition(of: fitting.recipe, mean: fitting.fit?.mean)
    let embeddings = try EmbeddingRows(features, composition)
    var loaded = try? SearchGraph(
      contentsOf: path, features: features, fit: fitting.fit, number: fitting.number)
    if let graph = loaded?.base, graph.parameters != collection.settings.graph { loaded = nil }
    if let graph = loaded?.base, graph.generation == moment.generation, graph.liveCount == live.count {
      try adopt(fitting)
      return true
    }
    // Deleted nodes cost memory and steps: with more than a third of them, a fresh graph is better.
    if let graph = loaded?.base, graph.count - live.count > graph.count / 3 { loaded = nil }
    let graph =
      try loaded
      ?? SearchGraph(
        features: features, fit: fitting.fit, number: fitting.number, parameters: collection.settings.graph)

    let liveSet = Set(live)
    for row in graph.base.rows where !graph.base.isDeleted(row: row) && !liveSet.contains(row) {
      try graph.base.markDeleted(row: row)
    }
    let missing = live.filter { !graph.base.contains(row: $0) }
    let portion = 2_048
    for start in stride(from: 0, to: missing.count, by: portion) {
      progress(start, missing.count)
      if isCancelled() {
        // Rows are inserted in ascending order: searches compare what comes after the last one by itself.
        try graph.base.save(to: path, generation: -1)
        // A graph that is whole serves better than a new one that has hardly begun.
        if !fitting.isNew || !hasUsableGraph(moment) { try adopt(fitting) }
        collection.closeFiles()
        return false
      }
      try graph.insert(rows: Array(missing[start..<min(start + portion, missing.count)]), embeddings: embeddings)
    }
    progress(missing.count, missing.count)
    try graph.base.save(to: path, generation: moment.generation)
    try adopt(fitting)
    collection.closeFiles()
    return true
  }

  private func hasUsableGraph(_ moment: Collection.Moment) -> Bool {
    ((try? collection.graph(at: moment)) ?? nil) != nil
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
    let fresh = try FeatureFile.create(path: path, layout: features.layout)
    let (moment, live) = try collection.read { (try collection.moment($0), try Collection.liveRows($0)) }
    for row in [live.first, live.last].compactMap(\.self) { try collection.checkRow(row, at: moment) }
    for start in stride(from: 0, to: live.count, by: 1_024) {
      _ = try fresh.append(rows: Array(live[start..<min(start + 1_024, live.count)]), of: features)
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
    let old = [
      collection.files.features(segment), collection.files.graph(segment),
      collection.files.graph(segment, fit: moment.fit),
    ]
    adopt(features: fresh, segment: next)
    for path in old { removeFile(path) }
  }
}

import Foundation
import GRDB
import VectorIndex

/// Images that look the same.
public struct DuplicateGroup: Sendable {
  public struct Member: Sendable, Equatable {
    public var record: ImageRecord
    /// Cosine to the group's first member.
    public var score: Float
    /// Whether another member holds the same bytes.
    public var isSameBytes: Bool
  }
  /// Largest picture first.
  public var members: [Member]
}

/// Groups near-duplicates through the graph, never by comparing all pairs.
public struct DuplicateFinder {
  let collection: Collection

  public init(_ collection: Collection) { self.collection = collection }

  /// Neighbours that are asked for first; more where all of them are near enough.
  private static let firstNeighbors = 16

  /// - Parameters:
  ///   - threshold: least cosine of two images that are taken for one, 0…1.
  ///   - progress: told how many images were looked up, of how many.
  /// - Returns: groups of at least two images, largest first.
  public func groups(threshold: Float, progress: (Int, Int) -> Void = { _, _ in }) throws -> [DuplicateGroup] {
    guard threshold > 0, threshold <= 1 else {
      throw KindredError(.invalidArgument, place: "--threshold \(threshold)", reason: "must be above 0 and at most 1")
    }
    let (moment, rows) = try collection.read { (try collection.moment($0), try Collection.liveRows($0)) }
    guard let last = rows.last else { return [] }
    let embeddings = try collection.embeddings(at: moment)
    // Rows ascend, and SQLite holds none below 0.
    try collection.checkRow(last, at: moment)
    let graph = try usableGraph(moment: moment, rows: rows, embeddings: embeddings)
    let live = Set(rows)

    var parents = Dictionary(uniqueKeysWithValues: rows.map { ($0, $0) })
    func root(_ row: Int) -> Int {
      var row = row
      while let parent = parents[row], parent != row {
        parents[row] = parents[parent]
        row = parent
      }
      return row
    }
    for (number, row) in rows.enumerated() {
      if number % 256 == 0 { progress(number, rows.count) }
      for neighbor in try near(row, in: graph, embeddings: embeddings, threshold: threshold, count: rows.count)
      where live.contains(neighbor.row) {
        let (first, second) = (root(row), root(neighbor.row))
        if first != second { parents[max(first, second)] = min(first, second) }
      }
    }
    progress(rows.count, rows.count)

    var groups: [Int: [Int]] = [:]
    for row in rows { groups[root(row), default: []].append(row) }
    let found = try collection.read { db in
      try groups.values.compactMap { try group(db, rows: $0, embeddings: embeddings) }
    }
    return found.sorted {
      ($0.members.count, $1.members[0].record.path) > ($1.members.count, $0.members[0].record.path)
    }
  }

  /// The saved graph if it covers this moment, else one made for this run.
  private func usableGraph(moment: Collection.Moment, rows: [Int], embeddings: EmbeddingRows) throws -> SearchGraph? {
    guard rows.count >= Collection.exactSearchLimit else { return nil }
    if let graph = try collection.graph(at: moment), graph.generation == moment.generation { return graph }
    let graph = try SearchGraph(
      features: embeddings.features, fit: collection.fit(at: moment), number: moment.fit,
      parameters: collection.settings.graph)
    try graph.insert(rows: rows, embeddings: embeddings)
    return graph
  }

  private func near(
    _ row: Int, in graph: SearchGraph?, embeddings: EmbeddingRows, threshold: Float, count: Int
  ) throws -> [Neighbor] {
    let query = embeddings.row(row)
    var wanted = Self.firstNeighbors
    while true {
      let neighbors =
        try graph?.neighbors(of: query, top: wanted, depth: .standard, embeddings: embeddings)
        ?? embeddings.exactNeighbors(of: query, top: wanted)
      if neighbors.count < wanted || wanted >= count || neighbors[neighbors.count - 1].score < threshold {
        return neighbors.filter { $0.score >= threshold && $0.row != row }
      }
      wanted *= 4
    }
  }

  private func group(_ db: Database, rows: [Int], embeddings: EmbeddingRows) throws -> DuplicateGroup? {
    var records = try rows.flatMap { try Collection.records(db, featureRow: $0) }
    guard records.count > 1 else { return nil }
    records.sort {
      (Double($0.width) * Double($0.height), $0.byteCount, $1.path)
        > (Double($1.width) * Double($1.height), $1.byteCount, $0.path)
    }
    let first = embeddings.row(records[0].featureRow)
    let sharing = Dictionary(grouping: records, by: \.sha256)
    return DuplicateGroup(
      members: records.map { record in
        DuplicateGroup.Member(
          record: record,
          score: record.featureRow == records[0].featureRow
            ? 1 : min(1, VectorMath.dot(first, embeddings.row(record.featureRow))),
          isSameBytes: (sharing[record.sha256]?.count ?? 0) > 1)
      })
  }
}

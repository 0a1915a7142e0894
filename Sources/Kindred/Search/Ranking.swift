import Foundation
import GRDB
import VectorIndex

/// Finds the images whose vectors are nearest to a query: graph or exact, filtered, with rows from SQLite.
struct Ranking {
  let collection: Collection
  let exact: Bool

  struct Answer {
    var hits: [SearchHit] = []
    var exact = true
    var search = 0.0
    var fetch = 0.0
  }

  /// - Parameters:
  ///   - query: L2-normalised.
  ///   - excluded: images that are no hits.
  func nearest(
    to query: [Float], top: Int, minimumScore: Float?, allowed: SearchFilter.Allowed?, excluding excluded: Set<Int64>
  ) throws -> Answer {
    var answer = Answer()
    guard top > 0 else { return answer }
    let moment = try collection.moment()
    guard moment.contentCount > 0 else { return answer }
    let features = try collection.features(at: moment)
    var graph: HNSWIndex?
    if !exact && moment.contentCount >= Collection.exactSearchLimit { graph = try collection.graph(at: moment) }
    // A strong filter leaves the graph's neighbours few that may be hits; comparing all that it lets through is quicker
    // then, and loses none.
    if let allowed, allowed.rows.count < max(Collection.exactSearchLimit, moment.contentCount / 5) { graph = nil }

    var candidates: [Int]?
    if graph == nil {
      if let allowed {
        candidates = allowed.rows
      } else if moment.contentCount < moment.rowCount || features.rowCount > moment.rowCount {
        candidates = try collection.read { try Collection.liveRows($0) }
      }
    }
    var tail: [Int] = []
    if let graph, graph.generation != moment.generation {
      // The graph is behind: rows that it does not have yet are compared one by one.
      tail = try collection.read {
        try Int.fetchAll(
          $0, sql: "SELECT feature_row FROM content WHERE feature_row > ? ORDER BY feature_row",
          arguments: [graph.maxRow ?? -1])
      }
    }

    var wanted = top + excluded.count
    while true {
      let start = ContinuousClock.now
      var neighbors: [Neighbor]
      let isExhausted: Bool
      if let graph, wanted <= moment.contentCount / 4 {
        neighbors = try graph.neighbors(of: query, top: wanted, ef: HNSWIndex.defaultEF(top: wanted))
        isExhausted = false
        if !tail.isEmpty {
          neighbors += features.exactNeighbors(of: query, top: wanted, among: tail)
          neighbors.sort { ($0.score, -$0.row) > ($1.score, -$1.row) }
          neighbors = Array(neighbors.prefix(wanted))
        }
        answer.exact = false
      } else {
        if graph != nil, candidates == nil { candidates = try collection.read { try Collection.liveRows($0) } }
        neighbors = features.exactNeighbors(of: query, top: wanted, among: candidates)
        isExhausted = neighbors.count < wanted
        answer.exact = true
      }
      let middle = ContinuousClock.now
      answer.hits = try fetch(
        neighbors, top: top, minimumScore: minimumScore, allowed: allowed, excluding: excluded)
      answer.search += (middle - start).seconds
      answer.fetch += (ContinuousClock.now - middle).seconds
      let isBelow = minimumScore.map { least in neighbors.last.map { $0.score < least } ?? true } ?? false
      if answer.hits.count >= top || isExhausted || isBelow { return answer }
      wanted *= 2
    }
  }

  private func fetch(
    _ neighbors: [Neighbor], top: Int, minimumScore: Float?, allowed: SearchFilter.Allowed?,
    excluding excluded: Set<Int64>
  ) throws -> [SearchHit] {
    var hits: [SearchHit] = []
    try collection.read { db in
      for neighbor in neighbors {
        if let minimumScore, neighbor.score < minimumScore { break }
        for record in try Collection.records(db, rows: [neighbor.row])[neighbor.row] ?? [] {
          guard !excluded.contains(record.id), allowed?.images.contains(record.id) ?? true else { continue }
          hits.append(SearchHit(record: record, score: min(1, max(-1, neighbor.score)), match: .similar))
          if hits.count == top { return }
        }
      }
    }
    return hits
  }
}

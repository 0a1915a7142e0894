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
    to query: [Float], top: Int, minimumScore: Float?, filter: SearchFilter, excluding excluded: Set<Int64>
  ) throws -> Answer {
    guard top > 0 else { return Answer() }
    let question = Question(
      query: query, top: top, minimumScore: minimumScore, filter: filter, excluded: excluded)
    return try collection.read { try answer(question, $0) }
  }

  private struct Question {
    var query: [Float]
    var top: Int
    var minimumScore: Float?
    var filter: SearchFilter
    var excluded: Set<Int64>
  }

  /// One transaction throughout, so that rows and records are of one moment.
  private func answer(_ question: Question, _ db: Database) throws -> Answer {
    var answer = Answer()
    let moment = try Collection.moment(db)
    guard moment.contentCount > 0 else { return answer }
    let allowed = try question.filter.allowed(db)
    let features = try collection.features(at: moment)
    var graph: HNSWIndex?
    if !exact && moment.contentCount >= Collection.exactSearchLimit { graph = try collection.graph(at: moment) }
    // A strong filter leaves few of the graph's neighbours that may be hits; comparing all that it lets through is
    // quicker then, and loses none.
    if let allowed, allowed.rows.count < max(Collection.exactSearchLimit, moment.contentCount / 5) { graph = nil }

    var candidates: [Int]?
    func exactCandidates() throws -> [Int]? {
      if let candidates { return candidates }
      if let allowed {
        candidates = allowed.rows
      } else if moment.contentCount < moment.rowCount || features.rowCount > moment.rowCount {
        candidates = try Collection.liveRows(db)
      }
      return candidates
    }
    var tail: [Int] = []
    if let graph, graph.generation != moment.generation {
      // The graph is behind: rows that it does not have yet are compared one by one.
      tail = try Int.fetchAll(
        db, sql: "SELECT feature_row FROM content WHERE feature_row > ? ORDER BY feature_row",
        arguments: [graph.maxRow ?? -1])
    }

    var wanted = question.top + question.excluded.count
    while true {
      let start = ContinuousClock.now
      var neighbors: [Neighbor]
      let isExhausted: Bool
      if let graph, wanted <= moment.contentCount / 4 {
        neighbors = try graph.neighbors(of: question.query, top: wanted, ef: HNSWIndex.defaultEF(top: wanted))
        isExhausted = false
        if !tail.isEmpty {
          neighbors += features.exactNeighbors(of: question.query, top: wanted, among: tail)
          neighbors.sort { ($0.score, -$0.row) > ($1.score, -$1.row) }
          neighbors = Array(neighbors.prefix(wanted))
        }
        answer.exact = false
      } else {
        neighbors = features.exactNeighbors(of: question.query, top: wanted, among: try exactCandidates())
        isExhausted = neighbors.count < wanted
        answer.exact = true
      }
      let middle = ContinuousClock.now
      answer.hits = try hits(db, neighbors, question, allowed: allowed)
      answer.search += (middle - start).seconds
      answer.fetch += (ContinuousClock.now - middle).seconds
      let isBelow = question.minimumScore.map { least in neighbors.last.map { $0.score < least } ?? true } ?? false
      if answer.hits.count >= question.top || isExhausted || isBelow { return answer }
      wanted *= 2
    }
  }

  private func hits(
    _ db: Database, _ neighbors: [Neighbor], _ question: Question, allowed: SearchFilter.Allowed?
  ) throws -> [SearchHit] {
    var hits: [SearchHit] = []
    for neighbor in neighbors {
      if let least = question.minimumScore, neighbor.score < least { break }
      for record in try Collection.records(db, featureRow: neighbor.row) {
        guard !question.excluded.contains(record.id), allowed?.images.contains(record.id) ?? true else { continue }
        hits.append(SearchHit(record: record, score: min(1, max(-1, neighbor.score)), match: .similar))
        if hits.count == question.top { return hits }
      }
    }
    return hits
  }
}

import Foundation
import GRDB
import VectorIndex

/// Finds the entries whose vectors are nearest to a query: graph or exact, filtered, with rows from SQLite.
struct Ranking {
  let snapshot: SearchSnapshot
  let depth: SearchDepth

  struct Answer<Hit> {
    var hits: [Hit] = []
    var exact = true
    /// Whether a neighbour was left out for its cosine.
    var hidesMore = false
    var search = 0.0
    var fetch = 0.0
  }

  struct Question {
    /// L2-normalised.
    var query: [Float]
    /// How many hits are wanted.
    var top: Int
    /// The least cosine of a hit.
    var minimumCosine: Float?
    /// How many of the nearest may be none of the hits.
    var excludedCount = 0
  }

  /// - Parameters:
  ///   - question: what is looked for.
  ///   - hitsOfRow: the hits that a row stands for, within what the filter lets through.
  func nearest<Hit>(_ question: Question, _ hitsOfRow: (Neighbor) throws -> [Hit]) throws -> Answer<Hit> {
    var answer = Answer<Hit>()
    let (collection, db, moment, allowed) = (snapshot.collection, snapshot.db, snapshot.moment, snapshot.allowed)
    guard question.top > 0, moment.contentCount > 0 else { return answer }
    let embeddings = try snapshot.embeddings()
    let query = question.query
    guard query.count == embeddings.dimension else {
      throw KindredError(
        .dimensionMismatch, place: "vector",
        reason: "the vector has \(query.count) numbers; this collection's have \(embeddings.dimension)")
    }
    var graph: SearchGraph?
    if depth != .exact && moment.contentCount >= Collection.exactSearchLimit {
      graph = try collection.graph(at: moment)
    }
    // A strong filter leaves few of the graph's neighbours that may be hits; comparing all that it lets through is
    // quicker then, and loses none.
    if let allowed, allowed.rows.count < max(Collection.exactSearchLimit, moment.contentCount / 5) { graph = nil }

    var candidates: [Int]?
    func exactCandidates() throws -> [Int]? {
      if let candidates { return candidates }
      if let allowed {
        candidates = allowed.rows
      } else if moment.contentCount < moment.rowCount || embeddings.rowCount > moment.rowCount {
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

    var wanted = question.top + question.excludedCount
    while true {
      let start = ContinuousClock.now
      var neighbors: [Neighbor]
      let isExhausted: Bool
      if let graph, wanted <= moment.contentCount / 4,
        let found = try graph.neighbors(of: query, top: wanted, depth: depth, embeddings: embeddings)
      {
        neighbors = found
        isExhausted = false
        if !tail.isEmpty {
          neighbors += embeddings.exactNeighbors(of: query, top: wanted, among: tail)
          neighbors.sort { ($0.score, -$0.row) > ($1.score, -$1.row) }
          neighbors = Array(neighbors.prefix(wanted))
        }
        answer.exact = false
      } else {
        neighbors = embeddings.exactNeighbors(of: query, top: wanted, among: try exactCandidates())
        isExhausted = neighbors.count < wanted
        answer.exact = true
      }
      let middle = ContinuousClock.now
      answer.hits = []
      answer.hidesMore = false
      for neighbor in neighbors {
        if let least = question.minimumCosine, neighbor.score < least {
          answer.hidesMore = true
          break
        }
        answer.hits += try hitsOfRow(neighbor)
        if answer.hits.count >= question.top { break }
      }
      answer.hits = Array(answer.hits.prefix(question.top))
      answer.search += (middle - start).seconds
      answer.fetch += (ContinuousClock.now - middle).seconds
      let isBelow = question.minimumCosine.map { least in neighbors.last.map { $0.score < least } ?? true } ?? false
      if answer.hits.count >= question.top || isExhausted || isBelow { return answer }
      wanted *= 2
    }
  }
}

extension Ranking {
  /// The nearest images.
  /// - Parameters:
  ///   - query: L2-normalised.
  ///   - excluded: images that are no hits.
  func nearest(
    to query: [Float], top: Int, minimumScore: Float?, excluding excluded: Set<Int64>
  ) throws -> Answer<SearchHit> {
    let scale = try snapshot.scale()
    let question = Question(
      query: query, top: top, minimumCosine: minimumScore.map(scale.cosine(ofScore:)), excludedCount: excluded.count)
    return try nearest(question) { neighbor in
      try Collection.records(snapshot.db, featureRow: neighbor.row)
        .filter { !excluded.contains($0.id) && snapshot.allowed?.images.contains($0.id) ?? true }
        .map { SearchHit(record: $0, cosine: neighbor.score, scale: scale, match: .similar) }
    }
  }
}

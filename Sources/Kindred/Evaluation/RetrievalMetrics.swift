import VectorIndex

/// How well neighbours share their query's label, as a mean over queries.
public struct RetrievalMetrics: Sendable, Equatable {
  /// Share of queries whose nearest neighbour is relevant.
  public var precisionAt1: Double
  /// Share of relevant images among the ten nearest.
  public var precisionAt10: Double
  /// Mean over queries of the average precision over the whole ranking.
  public var meanAveragePrecision: Double
  /// Queries that have at least one other image of their label.
  public var queryCount: Int

  /// Each row in turn is the query; the others are ranked by cosine, and those of the same label are relevant.
  /// - Parameters:
  ///   - embeddings: what is compared.
  ///   - labels: one for each row.
  static func measure(embeddings: EmbeddingRows, labels: [String]) throws -> RetrievalMetrics {
    precondition(embeddings.rowCount == labels.count)
    var identifiers: [String: Int] = [:]
    let classes = labels.map { label in
      identifiers[label]
        ?? {
          let next = identifiers.count
          identifiers[label] = next
          return next
        }()
    }
    var sizes = [Int](repeating: 0, count: identifiers.count)
    for label in classes { sizes[label] += 1 }

    var atOne = 0.0
    var atTen = 0.0
    var averages = 0.0
    var queries = 0
    for query in classes.indices where sizes[classes[query]] > 1 {
      let ranking = embeddings.exactNeighbors(of: embeddings.row(query), top: labels.count)
      let relevantTotal = sizes[classes[query]] - 1
      var rank = 0
      var relevant = 0
      var precisions = 0.0
      for neighbor in ranking where neighbor.row != query {
        rank += 1
        if classes[neighbor.row] == classes[query] {
          relevant += 1
          precisions += Double(relevant) / Double(rank)
          if rank == 1 { atOne += 1 }
          if rank <= 10 { atTen += 1 }
        }
        if relevant == relevantTotal && rank >= 10 { break }
      }
      averages += precisions / Double(relevantTotal)
      queries += 1
    }
    let count = Double(max(1, queries))
    return RetrievalMetrics(
      precisionAt1: atOne / count, precisionAt10: atTen / (10 * count), meanAveragePrecision: averages / count,
      queryCount: queries)
  }
}

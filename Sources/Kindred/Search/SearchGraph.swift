import VectorIndex

/// A graph that finds neighbours among a collection's embeddings.
package enum SearchGraph: Sendable {
  /// Vectors are the rows of the feature file: in collections of vectors, and in those of the format's first version.
  case rows(HNSWIndex)
  /// Codes of embeddings, made with a fit.
  case codes(CodeGraph, EmbeddingFit)

  /// Reads a saved graph.
  /// - Throws: `VectorIndexError`; `damaged` for a graph that was made with another fit.
  init(contentsOf path: String, features: FeatureFile, fit: EmbeddingFit?, number: Int) throws {
    guard let fit, let kind = fit.codes else {
      guard features.layout.numbers == .float32 else {
        throw VectorIndexError(
          code: .notFound, path: path, reason: "nothing was learnt that a graph could be made with")
      }
      self = .rows(try HNSWIndex(contentsOf: path, features: features))
      return
    }
    let graph = try CodeGraph(contentsOf: path, rowLimit: features.refresh())
    guard graph.fit == Int64(number), graph.kind == kind, graph.dimension == Self.codeDimension(fit) else {
      throw VectorIndexError(code: .damaged, path: path, reason: "the graph was made with another fit")
    }
    self = .codes(graph, fit)
  }

  /// Makes an empty graph.
  init(features: FeatureFile, fit: EmbeddingFit?, number: Int, parameters: HNSWParameters) throws {
    if let fit, let kind = fit.codes {
      self = .codes(
        try CodeGraph(dimension: Self.codeDimension(fit), kind: kind, parameters: parameters, fit: Int64(number)), fit)
    } else {
      self = .rows(try HNSWIndex(features: features, parameters: parameters))
    }
  }

  /// Makes a graph of rows that is not saved.
  package init(
    of rows: [Int], _ embeddings: EmbeddingRows, fit: EmbeddingFit?, number: Int, parameters: HNSWParameters
  ) throws {
    if fit?.codes == nil, embeddings.features.layout.numbers != .float32 {
      // Nothing was learnt yet that codes could be made with; whole embeddings do.
      let whole = EmbeddingFit(rowCount: rows.count, dimension: embeddings.dimension, unrelated: 0, codes: .float16)
      try self.init(features: embeddings.features, fit: whole, number: number, parameters: parameters)
    } else {
      try self.init(features: embeddings.features, fit: fit, number: number, parameters: parameters)
    }
    for start in stride(from: 0, to: rows.count, by: 2_048) {
      try insert(rows: Array(rows[start..<min(start + 2_048, rows.count)]), embeddings: embeddings)
    }
  }

  private static func codeDimension(_ fit: EmbeddingFit) -> Int { fit.projection?.count ?? fit.dimension }

  /// What both kinds have in common.
  package var base: HNSWGraph {
    switch self {
    case .rows(let graph): graph
    case .codes(let graph, _): graph
    }
  }

  var generation: Int64 { base.generation }
  var maxRow: Int? { base.maxRow }

  /// Inserts rows; see ``HNSWIndex/insert(rows:threads:)``.
  func insert(rows: [Int], embeddings: EmbeddingRows) throws {
    switch self {
    case .rows(let graph): try graph.insert(rows: rows)
    case .codes(let graph, let fit): try graph.insert(Self.coded(embeddings.rows(rows), fit), rows: rows)
    }
  }

  private static func coded(_ embeddings: [Float], _ fit: EmbeddingFit) -> [Float] {
    fit.projection?.projected(embeddings) ?? embeddings
  }

  /// The nearest rows, best first, with the cosines of their embeddings.
  /// - Parameters:
  ///   - query: one embedding.
  ///   - top: how many rows at most.
  ///   - depth: how many candidates are kept, and how many of these compared exactly.
  ///   - embeddings: what rows are compared by.
  /// - Returns: `nil` where the depth wants all rows compared.
  package func neighbors(of query: [Float], top: Int, depth: SearchDepth, embeddings: EmbeddingRows) throws
    -> [Neighbor]?
  {
    switch self {
    case .rows(let graph):
      guard let ef = depth.ef(top: top) else { return nil }
      return try graph.neighbors(of: query, top: top, ef: ef)
    case .codes:
      guard let ef = depth.codeEF(top: top), let rescored = depth.rescored(top: top) else { return nil }
      return try neighbors(of: query, top: top, ef: ef, rescored: rescored, embeddings: embeddings)
    }
  }

  /// The nearest of so many candidates of a graph of codes, with the cosines of their embeddings.
  package func neighbors(of query: [Float], top: Int, ef: Int, rescored: Int, embeddings: EmbeddingRows) throws
    -> [Neighbor]
  {
    let candidates = try candidates(for: query, count: rescored, ef: ef)
    return embeddings.exactNeighbors(of: query, top: top, among: candidates)
  }

  /// The nearest rows by what the graph holds of them, best first.
  package func candidates(for query: [Float], count: Int, ef: Int) throws -> [Int] {
    switch self {
    case .rows(let graph): try graph.neighbors(of: query, top: count, ef: ef).map(\.row)
    case .codes(let graph, let fit): try graph.neighbors(of: Self.coded(query, fit), top: count, ef: ef).map(\.row)
    }
  }

  /// Whether the graph has a row with the code or vector of its embedding.
  func holds(_ row: Int, embeddings: EmbeddingRows) throws -> Bool {
    switch self {
    case .rows(let graph): graph.contains(row: row)
    case .codes(let graph, let fit): try graph.holds(Self.coded(embeddings.row(row), fit), row: row)
    }
  }
}

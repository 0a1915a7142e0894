/// How an HNSW graph is built (Malkov and Yashunin, *Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs*).
public struct HNSWParameters: Sendable, Equatable, Codable {
  /// Links a node and layer, above the ground layer; twice as many there.
  public var m: Int
  /// Candidates that are kept while a node is inserted.
  public var efConstruction: Int
  public init(m: Int = 16, efConstruction: Int = 200) {
    self.m = m
    self.efConstruction = efConstruction
  }
}

/// A graph over the rows of a ``FeatureFile``. It holds links only; vectors stay in the file.
public final class HNSWIndex: @unchecked Sendable {
  public let parameters: HNSWParameters
  /// Nodes in the graph, deleted ones too.
  public var count: Int { 0 }
  /// Nodes that searches may return.
  public var liveCount: Int { 0 }

  public init(features: FeatureFile, parameters: HNSWParameters = HNSWParameters()) throws(VectorIndexError) {
    throw VectorIndexError(code: .libraryFailure, reason: "stub")
  }

  /// Reads a saved graph.
  public init(contentsOf path: String, features: FeatureFile) throws(VectorIndexError) {
    throw VectorIndexError(code: .libraryFailure, reason: "stub")
  }

  /// The collection's generation that the loaded or last saved graph covers.
  public var generation: Int64 { 0 }

  public func contains(row: Int) -> Bool { false }
  public func isDeleted(row: Int) -> Bool { false }
  /// Inserts rows on all processors.
  public func insert(rows: [Int], threads: Int? = nil) throws(VectorIndexError) {}
  /// Leaves a row out of results from now on.
  public func markDeleted(row: Int) throws(VectorIndexError) {}

  /// The `top` nearest live rows, best first.
  public func neighbors(of query: [Float], top: Int, ef: Int) throws(VectorIndexError) -> [Neighbor] { [] }

  /// Writes the graph to a temporary file, flushes it and renames it to `path`.
  public func save(to path: String, generation: Int64) throws(VectorIndexError) {}
}

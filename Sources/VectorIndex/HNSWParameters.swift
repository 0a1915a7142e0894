/// How an HNSW graph is built (Malkov and Yashunin, *Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs*).
public struct HNSWParameters: Sendable, Equatable, Codable {
  /// Links a node and layer, above the ground layer; twice as many there. 2…256.
  public var m: Int
  /// Candidates that are kept while a node is inserted. 1…100,000; at least ``m`` are kept.
  public var efConstruction: Int
  public init(m: Int = 16, efConstruction: Int = 200) {
    self.m = m
    self.efConstruction = efConstruction
  }
}

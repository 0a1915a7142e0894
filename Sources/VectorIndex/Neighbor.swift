/// A row of a ``FeatureFile`` and how alike it is to the query.
public struct Neighbor: Sendable, Equatable {
  public var row: Int
  /// The dot product of L2-normalised vectors: cosine, -1…1.
  public var score: Float
  public init(row: Int, score: Float) {
    self.row = row
    self.score = score
  }
}

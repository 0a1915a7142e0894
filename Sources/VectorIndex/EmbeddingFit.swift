internal import COpenBLAS

/// What was learnt from the embeddings of a collection: their mean, how alike any two of them are, and how they
/// are coded for the graph.
public struct EmbeddingFit: Sendable, Equatable {
  /// Rows that there were.
  public var rowCount: Int
  /// Numbers in an embedding.
  public var dimension: Int
  /// Of embeddings, before they are compared; `nil` where none is taken away.
  public var mean: [Float]?
  /// The cosine of any two embeddings, in the middle.
  public var unrelated: Float
  /// The kind of the graph's codes; `nil` where it was learnt for a collection without graph.
  public var codes: CodeKind?
  /// What embeddings are projected with before they are coded; `nil` where they are coded whole.
  public var projection: Projection?

  public init(
    rowCount: Int, dimension: Int, mean: [Float]? = nil, unrelated: Float, codes: CodeKind? = nil,
    projection: Projection? = nil
  ) {
    self.rowCount = rowCount
    self.dimension = dimension
    self.mean = mean
    self.unrelated = unrelated
    self.codes = codes
    self.projection = projection
  }
}

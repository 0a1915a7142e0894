internal import COpenBLAS

/// What was learnt from the embeddings of a collection: their mean, how alike two of them are by chance, and how they
/// are coded for the graph.
public struct EmbeddingFit: Sendable, Equatable {
  /// Rows that there were.
  public var rowCount: Int
  /// Numbers in an embedding.
  public var dimension: Int
  /// Of embeddings, before they are compared; `nil` where none is taken away.
  public var mean: [Float]?
  /// The cosine of two embeddings that have nothing in common.
  public var unrelated: Float
  /// The cosine from which two embeddings have more in common than chance would have it.
  public var related: Float
  /// The kind of the graph's codes; `nil` where it was learnt for a collection without graph.
  public var codes: CodeKind?
  /// `[count, dimension]` principal components that vectors are projected onto before they are coded; empty where they
  /// are coded whole.
  public var components: [Float]

  public init(
    rowCount: Int, dimension: Int, mean: [Float]? = nil, unrelated: Float, related: Float, codes: CodeKind? = nil,
    components: [Float] = []
  ) {
    self.rowCount = rowCount
    self.dimension = dimension
    self.mean = mean
    self.unrelated = unrelated
    self.related = related
    self.codes = codes
    self.components = components
  }
}

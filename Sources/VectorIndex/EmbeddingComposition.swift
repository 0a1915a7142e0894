/// How a row's views and class probabilities become one embedding.
///
/// The views' vectors, of length 1 each, are averaged and L2-normalised; where classes count, the square roots of their
/// probabilities, averaged over the views, are appended with a weight, and the whole is L2-normalised; then the mean is
/// taken away and the rest L2-normalised. The square roots make the dot product of two images' probabilities the
/// Bhattacharyya coefficient.
public struct EmbeddingComposition: Sendable, Equatable {
  /// Which views of a row are averaged; one or more.
  public var views: [Int]
  /// What the square roots of the probabilities are multiplied with; 0 leaves them out.
  public var classWeight: Float
  /// Taken away from embeddings, of as many numbers as these have; nothing is when `nil`.
  public var mean: [Float]?

  public init(views: [Int] = [0], classWeight: Float = 0, mean: [Float]? = nil) {
    self.views = views
    self.classWeight = classWeight
    self.mean = mean
  }

  /// Numbers in an embedding of rows of a layout.
  public func dimension(_ layout: RowLayout) -> Int {
    layout.dimension + (classWeight > 0 ? layout.classCount : 0)
  }
}

import VectorIndex

extension FeatureFile {
  /// Adds what the network said of images, in the form that the file has.
  /// - Returns: the number of the first new row.
  @discardableResult
  func append(_ embeddings: [Embedding]) throws -> Int {
    switch layout.numbers {
    case .float32: try append(embeddings.flatMap(\.normalized))
    case .float16: try append(views: embeddings.map(\.views))
    }
  }
}

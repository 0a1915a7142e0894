/// Makes one query of several examples.
enum QueryVector {
  /// How much the average of the negatives counts.
  ///
  /// Pooled features after a ReLU are all positive, so any two share much: taking negatives away whole would take that
  /// common part away too and leave noise.
  static let negativeWeight: Float = 0.5

  /// The average of what to be like, less that of what to be unlike at its weight, L2-normalised.
  /// - Parameters:
  ///   - positives: L2-normalised, one or more, of one dimension.
  ///   - negatives: the same, none or more.
  /// - Throws: ``KindredError/Code/invalidArgument`` when nothing is left.
  static func combining(_ positives: [[Float]], without negatives: [[Float]]) throws -> [Float] {
    var sum = [Float](repeating: 0, count: positives.first?.count ?? 0)
    for (vectors, weight) in [(positives, Float(1)), (negatives, -negativeWeight)] {
      for vector in vectors { VectorMath.add(vector, weight: weight / Float(vectors.count), to: &sum) }
    }
    let norm = VectorMath.norm(sum)
    guard norm > 1e-6 else {
      throw KindredError(
        .invalidArgument, reason: "the examples to be like and unlike cancel out; nothing is left to search for")
    }
    return VectorMath.normalized(sum, norm: norm)
  }
}

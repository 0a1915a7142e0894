/// Makes one query of several examples.
enum QueryVector {
  /// How much the average of the negatives counts: what gained most where two wrong answers of the first fifteen were
  /// taken away, with every network and recipe (docs/quality.md). Half loses again.
  static let negativeWeight: Float = 0.25

  /// A vector that a caller gave, L2-normalised.
  /// - Parameters:
  ///   - vector: of any length but zero.
  ///   - dimension: of the collection; `nil` where it has none yet.
  ///   - place: what errors call the vector.
  /// - Throws: ``KindredError/Code/dimensionMismatch`` with both lengths, ``KindredError/Code/invalidArgument`` for a
  ///   vector without direction.
  static func unit(_ vector: [Float], dimension: Int?, place: String) throws -> [Float] {
    if let dimension, vector.count != dimension {
      throw KindredError(
        .dimensionMismatch, place: place,
        reason: "the vector has \(vector.count) numbers; this collection's have \(dimension)")
    }
    let norm = VectorMath.norm(vector)
    guard norm.isFinite, norm > 0 else {
      throw KindredError(
        .invalidArgument, place: place, reason: "the vector is zero or holds a number that is not finite")
    }
    return VectorMath.normalized(vector, norm: norm)
  }

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

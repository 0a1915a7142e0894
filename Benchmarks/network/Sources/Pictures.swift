import Inference

/// Normalised pictures, given out in turn, from the first again after the last.
struct Pictures {
  let count: Int
  private let values: [Float]
  private let side: Int

  /// - Precondition: `values` are `count` pictures of 3 planes of `side` × `side`.
  init(_ values: [Float], count: Int, side: Int) {
    precondition(count > 0 && values.count == count * 3 * side * side, "the pictures are not of side \(side)")
    self.values = values
    self.count = count
    self.side = side
  }

  /// - Returns: `[size, 3, side, side]`.
  func batch(from first: Int, size: Int) -> Tensor {
    let length = 3 * side * side
    var batch: [Float] = []
    batch.reserveCapacity(size * length)
    for index in first..<first + size {
      let start = index % count * length
      batch += values[start..<start + length]
    }
    return Tensor(shape: [size, 3, side, side], values: batch)
  }
}

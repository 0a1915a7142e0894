import Foundation

/// Arithmetic on single vectors; matrices go through OpenBLAS in `VectorIndex`.
enum VectorMath {
  /// The Euclidean length.
  static func norm(_ vector: [Float]) -> Float {
    vector.withUnsafeBufferPointer { buffer in
      var sum = 0.0
      for value in buffer { sum += Double(value) * Double(value) }
      return Float(sum.squareRoot())
    }
  }

  static func normalized(_ vector: [Float], norm: Float) -> [Float] {
    guard norm > 0 else { return [Float](repeating: 0, count: vector.count) }
    return vector.map { $0 / norm }
  }

  static func normalized(_ vector: [Float]) -> [Float] { normalized(vector, norm: norm(vector)) }

  /// Adds `weight` × `other` to `sum`.
  static func add(_ other: [Float], weight: Float, to sum: inout [Float]) {
    precondition(other.count == sum.count)
    for index in sum.indices { sum[index] += weight * other[index] }
  }

  static func dot(_ first: [Float], _ second: [Float]) -> Float {
    precondition(first.count == second.count)
    var sum: Float = 0
    for index in first.indices { sum += first[index] * second[index] }
    return sum
  }
}

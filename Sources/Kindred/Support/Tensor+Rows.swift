import Inference

extension Tensor {
  /// The rows of a `[N, numbers]` tensor.
  var rows: [[Float]] {
    guard shape.count == 2, shape[1] > 0 else { return [] }
    let width = shape[1]
    return (0..<shape[0]).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
  }
}

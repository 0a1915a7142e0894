/// A convolution's weights as int8 has them.
struct IntegerWeights: Sendable, Equatable, Codable {
  /// What one step stands for, an output channel each.
  var scales: [Float]
  /// In steps, dense.
  var integers: [Int8]

  init(scales: [Float], integers: [Int8]) { (self.scales, self.integers) = (scales, integers) }

  init(_ weights: Tensor, bound: ChannelScales.Bound) {
    let scales = ChannelScales(weights, bound: bound)
    self.init(scales: scales.values, integers: scales.integers(weights))
  }

  /// The numbers that they stand for.
  var values: [Float] {
    let size = integers.count / max(scales.count, 1)
    return integers.indices.map { Float(integers[$0]) * scales[$0 / size] }
  }
}

extension Graph {
  /// Whether no convolution has integers instead of weights.
  public var hasAllWeights: Bool {
    nodes.allSatisfy {
      if case .convolution(let convolution) = $0.operation { convolution.integerWeights == nil } else { true }
    }
  }
}

extension Convolution {
  /// The weights in single precision. Where only integers are left, those that they stand for: oneDNN had a kernel for
  /// them when they were made, and a size of input for which it has none is to be no reason to fail.
  var floatWeights: Tensor {
    guard weights.values.isEmpty, let integerWeights else { return weights }
    return Tensor(shape: weights.shape, values: integerWeights.values)
  }
}

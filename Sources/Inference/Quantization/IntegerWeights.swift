/// A convolution's weights as int8 has them.
struct IntegerWeights: Sendable, Equatable, Codable {
  /// What one step stands for, an output channel each.
  var scales: [Float] = []
  /// In steps, dense: the bits of signed integers. A part of the file that they were stored in, where they were.
  var integers: ArraySlice<UInt8> = []

  // An archive of the graph has the arrays beside the structure.
  private enum CodingKeys: CodingKey {}

  init(_ weights: Tensor, bound: ChannelScales.Bound) {
    let scales = ChannelScales(weights, bound: bound)
    self.scales = scales.values
    integers = scales.integers(weights)[...]
  }

  /// What rounding took from the mean of each output channel.
  /// - Parameters:
  ///   - weights: what was rounded, `[outputChannels, inputChannels, height, width]`.
  ///   - means: of the channels that the convolution reads.
  func loss(of weights: Tensor, means: [Float]) -> [Float] {
    let area = weights.shape[2] * weights.shape[3]
    return weights.values.withUnsafeBufferPointer { weights in
      integers.withUnsafeBufferPointer { integers in
        scales.indices.map { output in
          var sum: Float = 0
          var index = output * means.count * area
          for mean in means {
            var error: Float = 0
            for _ in 0..<area {
              error += weights[index] - Float(Int8(bitPattern: integers[index])) * scales[output]
              index += 1
            }
            sum += error * mean
          }
          return sum.isFinite ? sum : 0
        }
      }
    }
  }

  /// The numbers that they stand for.
  var values: [Float] {
    let size = integers.count / max(scales.count, 1)
    return zip(0..., integers).map { Float(Int8(bitPattern: $1)) * scales[$0 / size] }
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

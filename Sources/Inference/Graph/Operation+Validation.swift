extension Operation {
  /// What people call the operation, in errors.
  var label: String {
    switch self {
    case .convolution: "convolution"
    case .batchNormalization: "batch normalization"
    case .relu: "ReLU"
    case .maxPool: "max pooling"
    case .averagePool: "average pooling"
    case .globalAveragePool: "global average pooling"
    case .add: "add"
    case .channelAffine: "channel affine"
    case .linear: "linear"
    case .softmax: "softmax"
    case .flatten: "flatten"
    case .transpose: "transpose"
    case .pad: "pad"
    case .subsampleAndPadChannels: "subsample and pad channels"
    case .mean: "mean"
    case .reshape: "reshape"
    }
  }

  /// How many values flow in.
  var inputCount: Int {
    switch self {
    case .add: 2
    case .convolution(let convolution): convolution.fusesAdd ? 2 : 1
    default: 1
    }
  }

  /// Why the operation contradicts itself, whatever flows in; `nil` where it does not.
  var contradiction: String? {
    switch self {
    case .convolution(let convolution): convolution.contradiction
    case .batchNormalization(let normalization): normalization.contradiction
    case .maxPool(let pooling), .averagePool(let pooling): pooling.contradiction
    case .linear(let linear): linear.contradiction
    case .channelAffine(let scale, let shift):
      scale.count == shift.count && !scale.isEmpty
        ? nil : "has \(scale.count) scales and \(shift.count) shifts; one each a channel is needed"
    case .transpose(let permutation):
      permutation.sorted() == Array(0..<permutation.count)
        ? nil : "permutation \(permutation) does not name every axis once"
    case .pad(let padding, _): padding.contradiction
    case .subsampleAndPadChannels(let stride, let channels):
      (1...SizeLimit.window).contains(stride) && (1...SizeLimit.elementsPerImage).contains(channels)
        ? nil : "stride \(stride) and \(channels) channels must be at least 1 and not absurdly large"
    case .mean(let axes, _): axes.isEmpty ? "names no axes" : nil
    case .reshape(let shape):
      if shape.isEmpty || shape.count > SizeLimit.rank {
        "shape \(shape.count) axes long; 1 to \(SizeLimit.rank) are possible"
      } else if shape.contains(where: { $0 < -1 }) || shape.count(where: { $0 == -1 }) > 1 {
        "shape \(shape) has a negative axis other than one -1"
      } else {
        nil
      }
    case .relu, .globalAveragePool, .add, .softmax, .flatten: nil
    }
  }
}

extension Tensor {
  /// Why the tensor can't be the weights of `rank` axes; `nil` where it can.
  /// - Parameter count: the numbers that there are.
  fileprivate func weightsContradiction(rank: Int, count: Int) -> String? {
    guard shape.count == rank else { return "weights have \(shape.count) axes instead of \(rank)" }
    guard shape.allSatisfy({ $0 >= 1 }) else { return "weights of shape \(shape) are empty" }
    guard shape.checkedProduct == count else { return "weights of shape \(shape) hold \(count) numbers" }
    return nil
  }
}

extension Padding2D {
  fileprivate var contradiction: String? {
    let sides = [top, left, bottom, right]
    return sides.allSatisfy { (0...SizeLimit.window).contains($0) } ? nil : "padding \(sides) is negative or too large"
  }

  var isZero: Bool { self == Padding2D() }
}

extension Size2D {
  fileprivate var isPossible: Bool {
    (1...SizeLimit.window).contains(height) && (1...SizeLimit.window).contains(width)
  }
}

extension Convolution {
  fileprivate var contradiction: String? {
    let count = integerWeights?.integers.count ?? weights.values.count
    if let reason = weights.weightsContradiction(rank: 4, count: count) ?? padding.contradiction { return reason }
    if let integerWeights, integerWeights.scales.count != weights.shape[0] || !weights.values.isEmpty {
      return "has \(integerWeights.scales.count) scales for \(weights.shape[0]) output channels of integers"
    }
    if let bias, bias.count != weights.shape[0] {
      return "has \(bias.count) biases for \(weights.shape[0]) output channels"
    }
    guard groups >= 1, weights.shape[0] % groups == 0 else {
      return "\(weights.shape[0]) output channels don't divide into \(groups) groups"
    }
    guard stride.isPossible, dilation.isPossible, weights.shape[2] <= SizeLimit.window,
      weights.shape[3] <= SizeLimit.window
    else { return "stride, dilation and kernel must be at least 1 and not absurdly large" }
    return nil
  }
}

extension BatchNormalization {
  fileprivate var contradiction: String? {
    let counts = [scale.count, shift.count, mean.count, variance.count]
    guard let first = counts.first, first > 0, counts.allSatisfy({ $0 == first }) else {
      return "scale, shift, mean and variance have \(counts) numbers; one each a channel is needed"
    }
    guard variance.allSatisfy({ $0 + epsilon > 0 }) else {
      return "a variance plus epsilon is not positive"
    }
    return nil
  }
}

extension Pooling {
  fileprivate var contradiction: String? {
    if let reason = padding.contradiction { return reason }
    guard kernel.isPossible, stride.isPossible else {
      return "stride and kernel must be at least 1 and not absurdly large"
    }
    // A window of padding only would have no maximum and no mean.
    guard max(padding.top, padding.bottom) < kernel.height, max(padding.left, padding.right) < kernel.width else {
      return "padding is not smaller than the kernel"
    }
    return nil
  }
}

extension Linear {
  fileprivate var contradiction: String? {
    if let reason = weights.weightsContradiction(rank: 2, count: weights.values.count) { return reason }
    if let bias, bias.count != weights.shape[0] { return "has \(bias.count) biases for \(weights.shape[0]) outputs" }
    return nil
  }
}

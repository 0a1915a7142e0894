/// How a convolution's numbers are made smaller.
struct ConvolutionArithmetic {
  var types = ConvolutionTypes()
  var sourceScale: Float = 1
  var targetScale: Float = 1
  /// Where they are integers.
  var weights: IntegerWeights?

  /// The factor of what the products of integers sum up to, an output channel each, in steps of the target.
  var outputScales: [Float] {
    (weights?.scales ?? []).map { $0 * sourceScale / targetScale }
  }

  func numbers(_ convolution: Convolution) -> WeightStore.Numbers {
    weights.map { .signed($0.integers) } ?? .single(convolution.floatWeights.values)
  }

  /// In the steps of the products: oneDNN 2 adds it before it multiplies by the output scales.
  func bias(_ bias: [Float]) -> [Float] {
    guard let weights else { return bias }
    return zip(bias, weights.scales).map { $0 / ($1 * sourceScale) }
  }
}

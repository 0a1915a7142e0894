/// How a convolution's numbers are made smaller.
struct ConvolutionArithmetic {
  var types = ConvolutionTypes()
  var sourceScale: Float = 1
  var targetScale: Float = 1
  /// Of integer weights.
  var weightScales: ChannelScales?

  /// The factor of what the products of integers sum up to, an output channel each, in steps of the target.
  var outputScales: [Float] {
    (weightScales?.values ?? []).map { $0 * sourceScale / targetScale }
  }

  func weights(_ convolution: Convolution) -> WeightStore.Numbers {
    guard let weightScales else { return .single(convolution.floatWeights.values) }
    return .signed(convolution.integerWeights?.integers ?? weightScales.integers(convolution.weights)[...])
  }

  /// In the steps of the products: oneDNN 2 adds it before it multiplies by the output scales.
  func bias(_ bias: [Float]) -> [Float] {
    guard let weightScales else { return bias }
    return zip(bias, weightScales.values).map { $0 / ($1 * sourceScale) }
  }
}

import Inference

extension ONNXGraphBuilder {
  mutating func convolution(_ node: ONNXNode) throws(WeightFileError) {
    let input = try image(node)
    let (shape, values) = try weights(node, 1)
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      throw ONNXFault.wrongShape("its weights have the shape \(shape); a two-dimensional convolution has four axes")
    }
    let groups = try node.integer("group") ?? 1
    guard groups > 0, shape[0] % groups == 0 else {
      throw ONNXFault.damaged("\(shape[0]) output channels are not \(groups) groups")
    }
    let (channels, overflow) = shape[1].multipliedReportingOverflow(by: groups)
    guard !overflow, input.shape[1].agrees(with: .known(channels)) else {
      throw ONNXFault.wrongShape("its weights read \(channels) channels; the input has the shape \(input.shape.text)")
    }
    let window = try ONNXWindow(node, kernel: Size2D(shape[2], shape[3]))
    let padding = try window.padding(for: input.shape)
    let bias = node.hasInput(2) ? try channelWeights(node, 2, channels: shape[0]) : nil
    try emit(
      node,
      .convolution(
        Convolution(
          weights: Tensor(shape: shape, values: values), bias: bias, stride: window.stride, padding: padding,
          dilation: window.dilation, groups: groups)),
      [input],
      shape: [input.shape[0], .known(shape[0])]
        + window.outputSize(of: input.shape, padding: padding, roundsUp: false))
  }

  mutating func batchNormalization(_ node: ONNXNode) throws(WeightFileError) {
    var input = try value(node)
    let isSpatial = try node.flag("spatial", default: true)
    let isTraining = try node.flag("training_mode")
    guard isSpatial, !isTraining else {
      throw ONNXFault.unsupported("it is in training mode, or normalises each pixel for itself")
    }
    guard input.shape.count >= 2 else {
      throw ONNXFault.wrongShape("the input has the shape \(input.shape.text)")
    }
    let channels = try weights(node, 1).values.count
    guard channels > 0, input.shape[1].agrees(with: .known(channels)) else {
      throw ONNXFault.wrongShape("it has \(channels) channels; the input has the shape \(input.shape.text)")
    }
    input.shape[1] = .known(channels)
    let epsilon = try node.float("epsilon") ?? 1e-5
    let variance = try channelWeights(node, 4, channels: channels)
    // Otherwise the square root is no number, or the division no finite one.
    guard variance.allSatisfy({ $0 + epsilon > 0 }) else {
      throw ONNXFault.damaged("\(node.proto.input[4]): a variance is not positive")
    }
    let normalization = BatchNormalization(
      scale: try channelWeights(node, 1, channels: channels), shift: try channelWeights(node, 2, channels: channels),
      mean: try channelWeights(node, 3, channels: channels), variance: variance, epsilon: epsilon)
    try emit(node, .batchNormalization(normalization), [input], shape: input.shape)
  }

  /// The first input, which must have the axes `[N, C, H, W]`.
  mutating func image(_ node: ONNXNode) throws(WeightFileError) -> ONNXValue {
    let input = try value(node)
    guard input.shape.count == 4 else {
      throw ONNXFault.unsupported("on the shape \(input.shape.text); Kindred does two-dimensional images, [N, C, H, W]")
    }
    return input
  }
}

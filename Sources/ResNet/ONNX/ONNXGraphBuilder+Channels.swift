import Inference

extension ONNXGraphBuilder {
  /// Channels in another order, as networks do that are fed RGB and were trained with BGR.
  mutating func gather(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let axis = try normalized([node.integer("axis") ?? 0], rank: input.shape.count)[0]
    guard let picked = try constant(node, 1), let indices = try integers(node, input: 1) else {
      throw ONNXFault.damaged("the indices are missing")
    }
    guard axis == channelAxis(of: input), picked.shape.count == 1, let channels = input.shape[axis].size else {
      throw ONNXFault.unsupported("from axis \(axis) of \(input.shape.text); Kindred picks channels of images")
    }
    guard indices.allSatisfy({ (-channels..<channels).contains($0) }) else {
      throw ONNXFault.damaged("an index of \(indices.prefix(8)) is outside of \(channels) channels")
    }
    try selectChannels(node, input, axis: axis, indices.map { $0 < 0 ? $0 + channels : $0 })
  }

  /// The axis of an image's channels.
  func channelAxis(of value: ONNXValue) -> Int? {
    value.shape.count == 4 ? (value.channelsLast ? 3 : 1) : nil
  }

  /// Puts channels of an image into new places: a convolution of one pixel with weights of 0 and 1.
  /// - Parameter sources: for each channel of the result the input's channel, or `nil` for zeros.
  mutating func selectChannels(
    _ node: ONNXNode, _ input: ONNXValue, axis: Int, _ sources: [Int?]
  ) throws(WeightFileError) {
    guard let channels = input.shape[axis].size, !sources.isEmpty else {
      throw ONNXFault.unsupported("no channels are left of \(input.shape.text)")
    }
    if sources == Array(0..<channels) { return try alias(node, to: input) }
    let count = checkedProduct([sources.count, channels])
    try allocate(count)
    var weights = [Float](repeating: 0, count: count ?? 0)
    for case (let channel, let source?) in sources.enumerated() { weights[channel * channels + source] = 1 }
    let convolution = Convolution(weights: Tensor(shape: [sources.count, channels, 1, 1], values: weights))
    var shape = input.shape
    shape[axis] = .known(sources.count)
    if axis == 1 { return try emit(node, .convolution(convolution), [input], shape: shape) }
    let moved = try emitTranspose(node, "in", input, [0, 3, 1, 2])
    let result = try emitStep(
      node, "channels", .convolution(convolution), moved, shape: [shape[0], shape[3], shape[1], shape[2]])
    try emitTranspose(node, result, [0, 2, 3, 1], channelsLast: true)
  }
}

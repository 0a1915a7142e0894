import Inference

extension ONNXGraphBuilder {
  mutating func pool(_ node: ONNXNode, isMaximum: Bool) throws(WeightFileError) {
    let input = try image(node)
    let window = try ONNXWindow(node)
    guard window.dilation == Size2D(1, 1) else { throw ONNXFault.unsupported("with dilations") }
    let padding = try window.padding(for: input.shape)
    let roundsUp = try node.flag("ceil_mode")
    let countsPadding = try node.flag("count_include_pad")
    let size = try window.outputSize(of: input.shape, padding: padding, roundsUp: roundsUp)
    let shape = [input.shape[0], input.shape[1]] + size
    let image = [ONNXDimension.known(window.kernel.height), .known(window.kernel.width)]
    if !isMaximum, padding == Padding2D(), Array(input.shape[2...]) == image {
      return try emit(node, .globalAveragePool, [input], shape: shape)
    }
    let pooling = Pooling(
      kernel: window.kernel, stride: window.stride, padding: padding, roundsUp: roundsUp,
      countsPadding: !isMaximum && countsPadding)
    try emit(node, isMaximum ? .maxPool(pooling) : .averagePool(pooling), [input], shape: shape)
  }

  mutating func globalAveragePool(_ node: ONNXNode) throws(WeightFileError) {
    let input = try image(node)
    try emit(
      node, .globalAveragePool, [input], shape: [input.shape[0], input.shape[1], .known(1), .known(1)])
  }

  mutating func reduceMean(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let given = opset < 18 ? try node.integers("axes") : try integers(node, input: 1)
    if given?.isEmpty != false, try node.flag("noop_with_empty_axes") { return try alias(node, to: input) }
    guard let given, !given.isEmpty else { throw ONNXFault.unsupported("over all axes, the images among them") }
    let axes = try normalized(given, rank: rank).sorted()
    guard axes[0] > 0 else { throw ONNXFault.unsupported("over the images of a batch") }
    let keepsAxes = try node.flag("keepdims", default: true)

    var shape: [ONNXDimension] = []
    for (axis, dimension) in input.shape.enumerated() {
      if !axes.contains(axis) { shape.append(dimension) } else if keepsAxes { shape.append(.known(1)) }
    }
    if rank == 4, axes == [2, 3] {
      let pooled = [input.shape[0], input.shape[1], .known(1), .known(1)]
      if keepsAxes { return try emit(node, .globalAveragePool, [input], shape: pooled) }
      let mean = try emitStep(node, "mean", .globalAveragePool, input, shape: pooled)
      return try emit(node, .flatten, [mean], shape: shape)
    }
    // [N, H, W, C] that was [N, C, H, W] a moment ago: the mean needs no transposition.
    if rank == 4, axes == [1, 2], !keepsAxes, let producer = producers[input.name],
      nodes[producer].operation == .transpose(permutation: [0, 2, 3, 1]),
      let source = shapes[nodes[producer].inputs[0]]
    {
      let image = ONNXValue(name: nodes[producer].inputs[0], shape: source, channelsLast: false)
      let mean = try emitStep(
        node, "mean", .globalAveragePool, image, shape: [source[0], source[1], .known(1), .known(1)])
      return try emit(node, .flatten, [mean], shape: shape)
    }
    try emit(node, .mean(axes: axes, keepsAxes: keepsAxes), [input], shape: shape, channelsLast: false)
  }

  /// Axes that may be counted from the end, each once.
  func normalized(_ axes: [Int], rank: Int) throws(WeightFileError) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      guard (-rank..<rank).contains(axis), !result.contains(axis < 0 ? axis + rank : axis) else {
        throw ONNXFault.damaged("axes \(axes) of \(rank)")
      }
      result.append(axis < 0 ? axis + rank : axis)
    }
    return result
  }
}

import Inference

extension ONNXGraphBuilder {
  mutating func transpose(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let permutation = try permutation(node, rank: input.shape.count)
    try emitTranspose(node, input, permutation, channelsLast: nil)
  }

  /// The node's `perm`, by default all axes reversed.
  func permutation(_ node: ONNXNode, rank: Int) throws(WeightFileError) -> [Int] {
    let permutation = try node.integers("perm") ?? Array((0..<rank).reversed())
    guard permutation.sorted() == Array(0..<rank) else {
      throw ONNXFault.damaged("perm is \(permutation) for \(rank) axes")
    }
    return permutation
  }

  func inverse(of permutation: [Int]) -> [Int] {
    permutation.indices.sorted { permutation[$0] < permutation[$1] }
  }

  /// Transposes a value under the node's output name.
  mutating func emitTranspose(
    _ node: ONNXNode, _ value: ONNXValue, _ permutation: [Int], channelsLast: Bool?
  ) throws(WeightFileError) {
    // Where only axes of 1 change places, no number moves.
    let moving = permutation.filter { value.shape[$0] != .known(1) }
    if moving == moving.sorted(), permutation.first == 0 {
      return try bindReshape(node, value, to: permutation.map { value.shape[$0] })
    }
    try emit(
      node, .transpose(permutation: permutation), [value], shape: permutation.map { value.shape[$0] },
      channelsLast: channelsLast ?? isChannelsLast(value, after: permutation))
  }

  mutating func emitTranspose(
    _ node: ONNXNode, _ suffix: String, _ value: ONNXValue, _ permutation: [Int]
  ) throws(WeightFileError) -> ONNXValue {
    try emitStep(
      node, suffix, .transpose(permutation: permutation), value, shape: permutation.map { value.shape[$0] },
      channelsLast: isChannelsLast(value, after: permutation))
  }

  private func isChannelsLast(_ value: ONNXValue, after permutation: [Int]) -> Bool {
    permutation.count == 4 && permutation[value.channelsLast ? 3 : 1] == (value.channelsLast ? 3 : 1)
      ? value.channelsLast : permutation == [0, 2, 3, 1]
  }

  mutating func pad(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let mode = try node.string("mode") ?? "constant"
    guard mode == "constant" else { throw ONNXFault.unsupported("in the mode \"\(mode)\"") }
    let border = opset < 11 ? try node.float("value") : try scalar(node, input: 2)
    var pads = try opset < 11 ? node.integers("pads") : integers(node, input: 1)
    if let given = pads, let axes = try opset < 18 ? nil : integers(node, input: 3) {
      let axes = try normalized(axes, rank: rank)
      guard given.count == 2 * axes.count else { throw ONNXFault.damaged("\(given.count) pads for axes \(axes)") }
      var all = [Int](repeating: 0, count: 2 * rank)
      for (index, axis) in axes.enumerated() {
        all[axis] = given[index]
        all[axis + rank] = given[index + axes.count]
      }
      pads = all
    }
    guard let pads, pads.count == 2 * rank else { throw ONNXFault.damaged("the pads do not fit \(rank) axes") }
    guard pads.allSatisfy({ (0...65535).contains($0) }) else {
      throw ONNXFault.unsupported("by \(pads); Kindred pads by 0 or more")
    }
    let axes = (0..<rank).filter { pads[$0] != 0 || pads[$0 + rank] != 0 }
    if axes.isEmpty { return try alias(node, to: input) }
    var shape = input.shape
    for axis in axes { shape[axis] = shape[axis].size.map { .known($0 + pads[axis] + pads[axis + rank]) } ?? .unknown }
    guard rank == 4 else { throw ONNXFault.unsupported("of \(input.shape.text)") }

    if axes.allSatisfy({ $0 >= 2 }) {
      let padding = Padding2D(top: pads[2], left: pads[3], bottom: pads[6], right: pads[7])
      try emit(node, .pad(padding, value: border ?? 0), [input], shape: shape)
    } else if axes.allSatisfy({ $0 == 1 || $0 == 2 }), input.channelsLast {
      let padding = Padding2D(top: pads[1], left: pads[2], bottom: pads[5], right: pads[6])
      let moved = try emitTranspose(node, "in", input, [0, 3, 1, 2])
      let padded = try emitStep(
        node, "pad", .pad(padding, value: border ?? 0), moved, shape: [shape[0], shape[3], shape[1], shape[2]])
      try emitTranspose(node, padded, [0, 2, 3, 1], channelsLast: true)
    } else if axes == [1], border ?? 0 == 0, let channels = input.shape[1].size {
      try padChannels(node, input, channels, before: pads[1], after: pads[5])
    } else {
      throw ONNXFault.unsupported("of axes \(axes) of \(input.shape.text) with \(border ?? 0)")
    }
  }

  /// Zero channels, as in the paper's parameterless shortcut.
  private mutating func padChannels(
    _ node: ONNXNode, _ input: ONNXValue, _ channels: Int, before: Int, after: Int
  ) throws(WeightFileError) {
    let total = channels + before + after
    var shape = input.shape
    shape[1] = .known(total)
    if before == 0 {
      return try emit(node, .subsampleAndPadChannels(stride: 1, channels: total), [input], shape: shape)
    }
    let sources = [Int?](repeating: nil, count: before) + Array(0..<channels) + [Int?](repeating: nil, count: after)
    try selectChannels(node, input, axis: 1, sources)
  }

  /// Every second row and column, or some channels; other cuts of computed values are not done.
  mutating func slice(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let ranges = try ONNXSlice.ranges(self.slice(of: node), rank: rank)
    if ranges.count == 1, let axis = channelAxis(of: input), ranges[0].axis == axis,
      let channels = input.shape[axis].size
    {
      let walk = ranges[0].walk(size: channels)
      return try selectChannels(node, input, axis: axis, (0..<walk.count).map { walk.first + $0 * walk.step })
    }
    var steps = [Int](repeating: 1, count: rank)
    for range in ranges {
      let size = input.shape[range.axis].size
      guard range.start == 0, range.step > 0, range.end >= size ?? Int(Int32.max) else {
        throw ONNXFault.unsupported("of a part of axis \(range.axis) of \(input.shape.text)")
      }
      steps[range.axis] = range.step
    }
    if steps.allSatisfy({ $0 == 1 }) { return try alias(node, to: input) }
    guard rank == 4, steps[0] == 1, steps[1] == 1, max(steps[2], steps[3]) <= 65535 else {
      throw ONNXFault.unsupported("in steps of \(steps) through \(input.shape.text)")
    }
    var shape = input.shape
    for axis in 2...3 { shape[axis] = shape[axis].size.map { .known(($0 - 1) / steps[axis] + 1) } ?? .unknown }
    let (source, stride) = beforeSteps(input, stride: Size2D(steps[2], steps[3]))
    if stride.height == stride.width, let channels = input.shape[1].size {
      try emit(
        node, .subsampleAndPadChannels(stride: stride.height, channels: channels), [source], shape: shape)
    } else {
      // The largest of one pixel is that pixel.
      try emit(node, .maxPool(Pooling(kernel: Size2D(1, 1), stride: stride)), [source], shape: shape)
    }
  }

  /// PyTorch steps through rows and columns in two nodes: both steps as one, from the value before the first.
  private mutating func beforeSteps(_ value: ONNXValue, stride: Size2D) -> (ONNXValue, Size2D) {
    guard let index = producers[value.name], case .maxPool(let pooling) = nodes[index].operation,
      pooling.kernel == Size2D(1, 1), pooling.padding == Padding2D(), let shape = shapes[nodes[index].inputs[0]],
      pooling.stride.width == 1, stride.height == 1
    else { return (value, stride) }
    readers[nodes[index].inputs[0], default: 0] += 1
    let source = ONNXValue(name: nodes[index].inputs[0], shape: shape, channelsLast: value.channelsLast)
    return (source, Size2D(pooling.stride.height, stride.width))
  }
}

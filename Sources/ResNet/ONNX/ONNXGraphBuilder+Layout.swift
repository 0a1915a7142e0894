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
    if permutation == permutation.sorted() { return try alias(node, to: value) }
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
    // Zeros before the channels: a convolution of one pixel that puts each channel in its new place.
    let count = checkedProduct([total, channels])
    try allocate(count)
    var weights = [Float](repeating: 0, count: count ?? 0)
    for channel in 0..<channels { weights[(channel + before) * channels + channel] = 1 }
    let convolution = Convolution(weights: Tensor(shape: [total, channels, 1, 1], values: weights))
    try emit(node, .convolution(convolution), [input], shape: shape)
  }

  /// Every second row and column; other cuts of computed values are not done.
  mutating func slice(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let ranges = try ONNXSlice.ranges(self.slice(of: node), rank: rank)
    var steps = [Int](repeating: 1, count: rank)
    for range in ranges {
      let size = input.shape[range.axis].size
      guard range.start == 0, range.step > 0, range.end >= size ?? Int(Int32.max) else {
        throw ONNXFault.unsupported("of a part of axis \(range.axis) of \(input.shape.text)")
      }
      steps[range.axis] = range.step
    }
    if steps.allSatisfy({ $0 == 1 }) { return try alias(node, to: input) }
    guard rank == 4, steps[0] == 1, steps[1] == 1, steps[2] == steps[3], let channels = input.shape[1].size else {
      throw ONNXFault.unsupported("in steps of \(steps) through \(input.shape.text)")
    }
    let step = steps[2]
    guard step <= 65535 else { throw ONNXFault.damaged("steps of \(step)") }
    let size = input.shape[2...].map { $0.size.map { .known(($0 - 1) / step + 1) } ?? ONNXDimension.unknown }
    try emit(
      node, .subsampleAndPadChannels(stride: step, channels: channels), [input],
      shape: [input.shape[0], input.shape[1]] + size)
  }
}

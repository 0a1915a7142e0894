import Inference

extension ONNXGraphBuilder {
  mutating func arithmetic(_ node: ONNXNode) throws(WeightFileError) {
    switch (try input(node, 0), try input(node, 1)) {
    case (.value(let left), .value(let right)):
      guard node.operatorName == "Add" else {
        throw ONNXFault.unsupported("of two computed values; Kindred only adds those")
      }
      try add(node, left, right)
    case (.value(let value), .constant(let constant)):
      try affine(node, value, constant, isReversed: false)
    case (.constant(let constant), .value(let value)):
      try affine(node, value, constant, isReversed: true)
    default:
      throw ONNXFault.unsupported("of these constants")
    }
  }

  mutating func sum(_ node: ONNXNode) throws(WeightFileError) {
    var values: [ONNXValue] = []
    for index in node.proto.input.indices { values.append(try value(node, index)) }
    guard var total = values.first, let last = values.last else { throw ONNXFault.damaged("there are no inputs") }
    if values.count == 1 { return try alias(node, to: total) }
    for value in values.dropFirst().dropLast() {
      let shape = try commonShape(total, value)
      let name = newName(for: try output(node), "sum")
      let step = try emitSum(node, total, value, shape: shape, output: name)
      total = step
    }
    try add(node, total, last)
  }

  private mutating func add(_ node: ONNXNode, _ left: ONNXValue, _ right: ONNXValue) throws(WeightFileError) {
    try emit(node, .add, [left, right], shape: commonShape(left, right))
  }

  private func commonShape(_ left: ONNXValue, _ right: ONNXValue) throws(WeightFileError) -> [ONNXDimension] {
    guard left.shape.count == right.shape.count, zip(left.shape, right.shape).allSatisfy({ $0.agrees(with: $1) })
    else {
      throw ONNXFault.unsupported(
        "adding \(left.shape.text) and \(right.shape.text); Kindred adds computed values of one shape")
    }
    return zip(left.shape, right.shape).map { $0 == .unknown ? $1 : $0 }
  }

  /// `x + c`, `x - c`, `c - x`, `x * c` or `x / c`, a channel at a time.
  private mutating func affine(
    _ node: ONNXNode, _ value: ONNXValue, _ constant: ONNXConstant, isReversed: Bool
  ) throws(WeightFileError) {
    guard let numbers = constant.floats else { throw ONNXFault.unsupported("with sizes that are not fixed") }
    let spread = try ChannelConstant(constant.shape, numbers, on: value)
    try allocate(4 * spread.channels)
    let values =
      spread.values.count == 1 ? [Float](repeating: spread.values[0], count: spread.channels) : spread.values
    var scale = [Float](repeating: 1, count: spread.channels)
    var shift = [Float](repeating: 0, count: spread.channels)
    switch node.operatorName {
    case "Add": shift = values
    case "Sub":
      shift = isReversed ? values : values.map { -$0 }
      if isReversed { scale = scale.map { -$0 } }
    case "Mul": scale = values
    default:
      guard !isReversed else { throw ONNXFault.unsupported("of a constant by a computed value") }
      guard !values.contains(0) else { throw ONNXFault.damaged("a division by zero") }
      scale = values.map { 1 / $0 }
    }
    guard scale.allSatisfy(\.isFinite), shift.allSatisfy(\.isFinite) else {
      throw ONNXFault.damaged("its constant is no finite number")
    }
    var shape = value.shape
    shape[spread.axis] = .known(spread.channels)
    if node.operatorName == "Add", spread.axis == 1, try addToBias(node, value, shift, shape: shape) { return }

    let operation = Operation.channelAffine(scale: scale, shift: shift)
    if spread.axis == 1 { return try emit(node, operation, [value], shape: shape) }
    // The operation goes along axis 1. The transpositions around it cancel others in a graph that needs them.
    var permutation = Array(0..<shape.count)
    permutation.insert(permutation.remove(at: spread.axis), at: 1)
    var input = value
    input.shape = shape
    let moved = try emitTranspose(node, "in", input, permutation)
    let result = try emitStep(node, "affine", operation, moved, shape: moved.shape)
    try emitTranspose(node, result, inverse(of: permutation), channelsLast: value.channelsLast)
  }

  /// Makes the constant the bias of the layer before, where that has none and nobody else reads it.
  private mutating func addToBias(
    _ node: ONNXNode, _ value: ONNXValue, _ shift: [Float], shape: [ONNXDimension]
  ) throws(WeightFileError) -> Bool {
    guard let index = producers[value.name], readers[value.name] == 1 else { return false }
    switch nodes[index].operation {
    case .linear(var linear) where linear.bias == nil && shift.count == linear.weights.shape[0]:
      linear.bias = shift
      nodes[index].operation = .linear(linear)
    case .convolution(var convolution)
    where convolution.bias == nil && shift.count == convolution.weights.shape[0]:
      convolution.bias = shift
      nodes[index].operation = .convolution(convolution)
    default: return false
    }
    try alias(node, to: value)
    return true
  }

  private mutating func emitSum(
    _ node: ONNXNode, _ left: ONNXValue, _ right: ONNXValue, shape: [ONNXDimension], output: String
  ) throws(WeightFileError) -> ONNXValue {
    readers[output] = 1
    return try append(
      .add, [left, right], shape: shape, channelsLast: nil, name: "\(node.label)/sum", output: output)
  }
}

/// A constant that is broadcast over a value so that one axis at most tells its numbers apart.
private struct ChannelConstant {
  var axis: Int
  /// Size of the value along ``axis``.
  var channels: Int
  /// As many numbers as channels, or a single one for all.
  var values: [Float]

  init(_ shape: [Int], _ numbers: [Float], on value: ONNXValue) throws(WeightFileError) {
    let rank = value.shape.count
    let extra = shape.count - rank
    guard numbers.count > 0, extra <= 0 || shape[..<max(extra, 0)].allSatisfy({ $0 == 1 }) && rank >= 2, extra <= 0
    else {
      throw ONNXFault.unsupported("a constant of the shape \(shape) with a value of \(value.shape.text)")
    }
    let aligned = [Int](repeating: 1, count: -extra) + shape
    let axes = aligned.indices.filter { aligned[$0] != 1 }
    guard axes.count <= 1, axes.first != 0 else {
      throw ONNXFault.unsupported(
        "a constant of the shape \(shape) on \(value.shape.text); Kindred knows one number, or one a channel")
    }
    values = numbers
    if let axis = axes.first {
      guard value.shape[axis].agrees(with: .known(aligned[axis])) else {
        throw ONNXFault.wrongShape("a constant of the shape \(shape) does not fit \(value.shape.text)")
      }
      self.axis = axis
      channels = aligned[axis]
    } else {
      axis = value.channelsLast && rank == 4 ? 3 : 1
      guard rank >= 2, let channels = value.shape[axis].size else {
        throw ONNXFault.unsupported("with \(value.shape.text), whose channels the file does not count")
      }
      self.channels = channels
    }
  }
}

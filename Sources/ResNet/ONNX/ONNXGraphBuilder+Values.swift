import Inference

// What operators read and make.
extension ONNXGraphBuilder {
  /// What the input at `index` of a node stands for.
  mutating func input(_ node: ONNXNode, _ index: Int) throws(WeightFileError) -> ONNXBinding {
    guard node.hasInput(index) else { throw ONNXFault.damaged("input \(index) is missing") }
    let name = node.proto.input[index]
    guard let binding = bindings[name] else {
      throw ONNXFault.unsupported("\(name), a second result of a node, has no meaning in Kindred")
    }
    guard case .initializer(let tensor, let place) = binding else { return binding }
    let constant = try decoder.decode(tensor, rawData: place, name: name)
    if tensor.dataLocation == 1 { allow(constant.count) }
    // The message is let go: the numbers are in memory once.
    bindings[name] = .constant(constant)
    return .constant(constant)
  }

  /// An input that is computed when the network runs.
  mutating func value(_ node: ONNXNode, _ index: Int = 0) throws(WeightFileError) -> ONNXValue {
    guard case .value(let value) = try input(node, index) else {
      throw ONNXFault.unsupported("input \(index) (\(node.proto.input[index])) is a constant")
    }
    return value
  }

  /// An input that is known now, `nil` where an optional one is left out.
  mutating func constant(_ node: ONNXNode, _ index: Int) throws(WeightFileError) -> ONNXConstant? {
    guard node.hasInput(index) else { return nil }
    guard case .constant(let constant) = try input(node, index) else {
      throw ONNXFault.unsupported(
        "input \(index) (\(node.proto.input[index])) is computed when the network runs; Kindred needs a constant")
    }
    return constant
  }

  /// An input of weights.
  mutating func weights(_ node: ONNXNode, _ index: Int) throws(WeightFileError) -> (shape: [Int], values: [Float]) {
    guard let constant = try constant(node, index) else {
      throw ONNXFault.damaged("input \(index) is missing")
    }
    guard case .floats(let values) = constant.elements else {
      throw ONNXFault.unsupported("\(node.proto.input[index]) holds integers: a quantised network")
    }
    guard values.count != 1 || values[0].isFinite else {
      throw ONNXFault.damaged("\(node.proto.input[index]) is \(values[0])")
    }
    return (constant.shape, values)
  }

  /// An input of one weight a channel.
  mutating func channelWeights(_ node: ONNXNode, _ index: Int, channels: Int) throws(WeightFileError) -> [Float] {
    let (shape, values) = try weights(node, index)
    guard values.count == channels else {
      throw ONNXFault.wrongShape("\(node.proto.input[index]) has the shape \(shape); \(channels) channels need as many")
    }
    return values
  }

  /// Small integers from an optional input: axes, pads and the like.
  mutating func integers(_ node: ONNXNode, input index: Int) throws(WeightFileError) -> [Int]? {
    guard let constant = try constant(node, index) else { return nil }
    guard let values = constant.integers else {
      throw ONNXFault.damaged("input \(index) (\(node.proto.input[index])) should hold integers")
    }
    let sizes = values.compactMap(\.size)
    guard sizes.count == values.count else {
      throw ONNXFault.unsupported("input \(index) depends on the number of images or on sizes that are not fixed")
    }
    return sizes
  }

  /// One number from an optional input.
  mutating func scalar(_ node: ONNXNode, input index: Int) throws(WeightFileError) -> Float? {
    guard let constant = try constant(node, index) else { return nil }
    guard let values = constant.floats, values.count == 1 else {
      throw ONNXFault.damaged("input \(index) (\(node.proto.input[index])) should be one number")
    }
    return values[0]
  }

  /// The name of the first output; others must be unused.
  func output(_ node: ONNXNode) throws(WeightFileError) -> String {
    guard let output = node.proto.output.first, !output.isEmpty else {
      throw ONNXFault.damaged("the node has no output")
    }
    if let second = node.proto.output.dropFirst().first(where: { readers[$0, default: 0] > 0 }) {
      throw ONNXFault.unsupported("its further output \(second) is used")
    }
    return output
  }

  /// Lets the node's output stand for something that is there already.
  mutating func alias(_ node: ONNXNode, to value: ONNXValue) throws(WeightFileError) {
    let output = try output(node)
    readers[value.name, default: 1] += readers[output, default: 0] - 1
    bindings[output] = .value(value)
  }

  mutating func bind(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) {
    bindings[try output(node)] = .constant(constant)
  }

  /// Adds an operation whose result is the node's output.
  mutating func emit(
    _ node: ONNXNode, _ operation: Operation, _ inputs: [ONNXValue], shape: [ONNXDimension], channelsLast: Bool? = nil
  ) throws(WeightFileError) {
    let output = try output(node)
    let value = try append(
      operation, inputs, shape: shape, channelsLast: channelsLast, name: node.label, output: output)
    bindings[output] = .value(value)
  }

  /// Adds an operation on the way to a node's output.
  mutating func emitStep(
    _ node: ONNXNode, _ suffix: String, _ operation: Operation, _ input: ONNXValue, shape: [ONNXDimension],
    channelsLast: Bool? = nil
  ) throws(WeightFileError) -> ONNXValue {
    let output = newName(for: try output(node), suffix)
    readers[output] = 1
    return try append(
      operation, [input], shape: shape, channelsLast: channelsLast, name: "\(node.label)/\(suffix)", output: output)
  }

  mutating func append(
    _ operation: Operation, _ inputs: [ONNXValue], shape: [ONNXDimension], channelsLast: Bool?, name: String,
    output: String
  ) throws(WeightFileError) -> ONNXValue {
    // 1 GiB for one image between two layers is more than any network of the paper needs at any useful size.
    guard let volume = checkedProduct(shape.lazy.map { $0.size ?? 1 }), volume <= 1 << 28 else {
      throw ONNXFault.tooLarge("its result has the shape \(shape.text)")
    }
    guard shape.first == .batch || shape.first == .unknown else {
      throw ONNXFault.unsupported("its result of the shape \(shape.text) does not keep the images of a batch apart")
    }
    producers[output] = nodes.count
    shapes[output] = shape
    nodes.append(Node(name: name, operation: operation, inputs: inputs.map(\.name), output: output))
    return ONNXValue(name: output, shape: shape, channelsLast: channelsLast ?? inputs[0].channelsLast)
  }
}

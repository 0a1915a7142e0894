import Inference

/// Goes through the nodes of a file in their order and builds the graph that does the same.
///
/// Shapes are followed on the way. What can be computed from constants and shapes alone is computed here, so that
/// the chains of small integer operators with which exporters reshape leave nothing behind.
struct ONNXGraphBuilder {
  let opset: Int
  var decoder: ONNXTensorDecoder
  var bindings: [String: ONNXBinding] = [:]
  var nodes: [Node] = []
  /// The nodes that make the values, by the values' names.
  var producers: [String: Int] = [:]
  /// The shapes of the values that ``nodes`` make, and of the input.
  var shapes: [String: [ONNXDimension]] = [:]
  /// How many nodes and outputs read a value.
  var readers: [String: Int] = [:]
  /// The number of images that the file fixed, which is set free here.
  var declaredBatch: Int?
  private(set) var inputName = ""
  /// Sizes of the input; its channels may only show in the first convolution.
  var inputShape: [Int?] = []
  /// How many numbers may still be made that are not in the file. A small file must not fill the memory.
  private var allowance = 1 << 24
  /// Names that no new value may take.
  private var names: Set<String> = []

  init(opset: Int, decoder: ONNXTensorDecoder) {
    self.opset = opset
    self.decoder = decoder
  }

  /// - Parameters:
  ///   - file: the graph.
  ///   - rawData: where in the file the raw data of its initializers is that is not in them.
  mutating func build(
    _ file: consuming ONNXGraphProto, rawData: [Int: Range<Int>]
  ) throws(WeightFileError) -> Graph {
    let protos = file.node
    let inputs = file.input
    let outputs = file.output.map(\.name)
    try bind(initializers: file.initializer, rawData)
    file = ONNXGraphProto()

    let plan = try ONNXPlan(nodes: protos, constants: Set(bindings.keys), inputs: inputs, outputs: outputs)
    readers = plan.readers
    names.formUnion(plan.names)
    try bind(input: plan.input)
    for node in plan.nodes { try add(node) }

    var results: [String] = []
    for output in outputs {
      guard case .value(let value) = bindings[output] else {
        throw ONNXFault.unsupported("this output does not depend on the input", at: output)
      }
      results.append(value.name)
    }
    removeUnread(keeping: results)
    guard !nodes.isEmpty else { throw ONNXFault.damaged("the graph computes nothing") }
    return Graph(input: inputName, inputShape: inputShape, nodes: nodes, outputs: results)
  }

  private mutating func bind(
    initializers: [ONNXTensorProto], _ rawData: [Int: Range<Int>]
  ) throws(WeightFileError) {
    for (number, tensor) in initializers.enumerated() {
      let place = rawData[number]
      guard bindings.updateValue(.initializer(tensor, rawData: place), forKey: tensor.name) == nil else {
        throw ONNXFault.damaged("there are two tensors of this name", at: tensor.name)
      }
      names.insert(tensor.name)
      allow((place?.count ?? tensor.rawData.count) / 4 + tensor.floatData.count)
    }
  }

  private mutating func bind(input: ONNXValueInfoProto) throws(WeightFileError) {
    let name = input.name
    guard input.hasType, input.type.hasTensorType else {
      throw ONNXFault.unsupported("the input is no tensor", at: name)
    }
    let tensor = input.type.tensorType
    guard let type = ONNXElementType(rawValue: tensor.elemType), type.isFloatingPoint else {
      throw ONNXFault.unsupported(
        "the input holds \(ONNXElementType.name(tensor.elemType)); Kindred feeds floating-point numbers", at: name)
    }
    var shape = [ONNXDimension](repeating: .unknown, count: 4)
    if tensor.hasShape {
      shape = []
      for dimension in tensor.shape.dim {
        guard dimension.hasDimValue, dimension.dimValue > 0 else {
          // Some writers put -1 or 0 where a size is free.
          shape.append(.unknown)
          continue
        }
        guard dimension.dimValue <= 65536 else {
          throw ONNXFault.tooLarge("an axis of \(dimension.dimValue) in the input", at: name)
        }
        shape.append(.known(Int(dimension.dimValue)))
      }
    }
    guard shape.count == 4 else {
      throw ONNXFault.wrongShape(
        "the input has the shape \(shape.text); an image network reads [N, C, H, W] or [N, H, W, C]", at: name)
    }
    declaredBatch = shape[0].size
    shape[0] = .batch
    let channelCounts = 1...4
    let channelsLast =
      shape[3].size.map(channelCounts.contains) == true && shape[1].size.map(channelCounts.contains) != true
    bindings[name] = .value(ONNXValue(name: name, shape: shape, channelsLast: channelsLast))
    shapes[name] = shape
    inputName = name
    inputShape = shape.map(\.size)
  }

  private mutating func add(_ proto: ONNXNodeProto) throws(WeightFileError) {
    let node = try ONNXNode(proto)
    do throws(WeightFileError) {
      guard ONNXImporter.isStandard(proto.domain) else {
        throw ONNXFault.unsupported(
          "operator \(proto.opType) of the domain \(proto.domain): Kindred knows the standard ONNX operators")
      }
      if try fold(node) { return }
      try convert(node)
    } catch {
      var error = error
      if error.place == nil {
        error.place = node.label
        error.reason = "\(node.operatorName): \(error.reason)"
      } else if error.place != node.label {
        error.reason += " (read by \(node.operatorName) \(node.label))"
      }
      throw error
    }
  }

  /// Lets as many weights of the file be copied a few times, as a transposition does.
  mutating func allow(_ count: Int) {
    allowance += 4 * min(count, 1 << 31)
  }

  /// Books numbers that are made here.
  mutating func allocate(_ count: Int?) throws(WeightFileError) {
    guard let count, count <= allowance else {
      throw ONNXFault.tooLarge("computing constants takes too much memory for a model of this size")
    }
    allowance -= count
  }

  /// A name for a value that the file does not have.
  mutating func newName(for name: String, _ suffix: String) -> String {
    var candidate = "\(name)/\(suffix)"
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name)/\(suffix)-\(number)"
      number += 1
    }
    return candidate
  }

  /// Drops nodes whose values nobody reads: reshapes that later ones replaced.
  private mutating func removeUnread(keeping outputs: [String]) {
    var read = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where read.contains(node.output) {
      read.formUnion(node.inputs)
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}

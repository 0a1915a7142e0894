import Inference

// Nodes whose result is known while the graph is read.
extension ONNXGraphBuilder {
  /// Computes the node if it makes a constant.
  /// - Returns: `false` if the node has to run with the network.
  mutating func fold(_ node: ONNXNode) throws(WeightFileError) -> Bool {
    switch node.operatorName {
    case "Constant":
      try bind(node, constantNode(node))
      return true
    case "Shape":
      try bind(node, shapeNode(node))
      return true
    default: break
    }
    var constants: [ONNXConstant] = []
    for index in node.proto.input.indices where node.hasInput(index) {
      guard case .constant(let constant) = try input(node, index) else { return false }
      constants.append(constant)
    }
    guard let first = constants.first else { return false }
    guard let result = try folded(node, first, constants) else { return false }
    try bind(node, result)
    return true
  }

  private mutating func folded(
    _ node: ONNXNode, _ first: ONNXConstant, _ all: [ONNXConstant]
  ) throws(WeightFileError) -> ONNXConstant? {
    switch node.operatorName {
    case "Identity", "Dropout": return first
    case "Cast": return try cast(node, first)
    case "Reshape": return try reshape(node, first)
    case "Squeeze", "Unsqueeze", "Flatten": return try changeAxes(node, first)
    case "Transpose":
      try allocate(first.count)
      return first.transposed(try permutation(node, rank: first.shape.count))
    case "Gather": return try gather(node, first)
    case "Slice": return try slice(node, first)
    case "Concat": return try concatenate(node, all)
    case "ConstantOfShape": return try constantOfShape(node, first)
    case "Add", "Sub", "Mul", "Div": return try arithmetic(node, all)
    case "Sqrt", "Reciprocal", "Neg": return try unary(node, first)
    default: return nil
    }
  }

  private func constantNode(_ node: ONNXNode) throws(WeightFileError) -> ONNXConstant {
    if let tensor = try node.tensor("value") { return try decoder.decode(tensor, name: node.label) }
    if let value = try node.float("value_float") { return ONNXConstant(shape: [], floats: [value]) }
    if let values = try node.floats("value_floats") {
      guard values.allSatisfy(\.isFinite) else { throw ONNXFault.damaged("a number of it is not finite") }
      return ONNXConstant(shape: [values.count], floats: values)
    }
    if let value = try node.integer("value_int") { return ONNXConstant(shape: [], integers: [.known(value)]) }
    if let values = try node.integers("value_ints") {
      return ONNXConstant(shape: [values.count], integers: values.map(ONNXDimension.known))
    }
    throw ONNXFault.unsupported("it holds no tensor or number")
  }

  private mutating func shapeNode(_ node: ONNXNode) throws(WeightFileError) -> ONNXConstant {
    let shape: [ONNXDimension]
    switch try input(node, 0) {
    case .value(let value): shape = value.shape
    case .constant(let constant): shape = constant.shape.map(ONNXDimension.known)
    case .initializer: throw ONNXFault.damaged("its input is missing")
    }
    func clamped(_ name: String, default value: Int) throws(WeightFileError) -> Int {
      guard let index = try node.integer(name) else { return value }
      return min(max(index < 0 ? max(index, -shape.count) + shape.count : index, 0), shape.count)
    }
    let start = try clamped("start", default: 0)
    let end = try clamped("end", default: shape.count)
    let part = Array(shape[start..<max(start, end)])
    return ONNXConstant(shape: [part.count], integers: part)
  }

  private func cast(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    let number = try node.integer("to") ?? 0
    guard let type = Int32(exactly: number).flatMap(ONNXElementType.init) else {
      throw ONNXFault.unsupported("to \(ONNXElementType.name(Int32(clamping: number)))")
    }
    switch constant.elements {
    case .integers:
      guard type.isFloatingPoint else { return constant }
      guard let values = constant.floats else {
        throw ONNXFault.unsupported("of a size that is not fixed to \(type)")
      }
      return ONNXConstant(shape: constant.shape, floats: values)
    case .floats(let values):
      if type.isFloatingPoint { return constant }
      var integers: [ONNXDimension] = []
      for value in values {
        guard let integer = Int(exactly: value.rounded(.towardZero)) else {
          throw ONNXFault.damaged("\(value) is no \(type)")
        }
        integers.append(.known(integer))
      }
      return ONNXConstant(shape: constant.shape, integers: integers)
    }
  }

  private mutating func constantOfShape(
    _ node: ONNXNode, _ constant: ONNXConstant
  ) throws(WeightFileError) -> ONNXConstant {
    let shape = constant.integers?.compactMap(\.size) ?? []
    guard shape.count == constant.count, shape.count <= 8, let count = checkedProduct(shape) else {
      throw ONNXFault.unsupported("of a size that is not fixed")
    }
    try allocate(count)
    guard let tensor = try node.tensor("value") else {
      return ONNXConstant(shape: shape, floats: [Float](repeating: 0, count: count))
    }
    let value = try decoder.decode(tensor, name: node.label)
    guard value.count == 1 else { throw ONNXFault.damaged("its value is not one number") }
    return value.picking([Int](repeating: 0, count: count), shape: shape)
  }
}

import Inference

extension ONNXGraphBuilder {
  mutating func gemm(_ node: ONNXNode) throws(WeightFileError) {
    guard try !node.flag("transA") else { throw ONNXFault.unsupported("with a transposed first matrix") }
    let alpha = try node.float("alpha") ?? 1
    let beta = try node.float("beta") ?? 1
    let input = try matrix(node)
    var weights = try linearWeights(node, isTransposed: node.flag("transB"), input: input)
    let outputs = weights.shape[0]
    if alpha != 1 {
      try allocate(weights.values.count)
      weights.values = weights.values.map { $0 * alpha }
    }
    var bias: [Float]?
    if node.hasInput(2), beta != 0 {
      let (shape, values) = try self.weights(node, 2)
      guard [[], [1], [outputs], [1, 1], [1, outputs]].contains(shape) else {
        throw ONNXFault.unsupported("a bias of the shape \(shape) on \(outputs) outputs")
      }
      try allocate(outputs)
      bias = values.count == outputs ? values : [Float](repeating: values[0], count: outputs)
      if beta != 1 { bias = bias?.map { $0 * beta } }
    }
    try emit(
      node, .linear(Linear(weights: weights, bias: bias)), [input], shape: [input.shape[0], .known(outputs)])
  }

  mutating func matMul(_ node: ONNXNode) throws(WeightFileError) {
    let input = try matrix(node)
    let weights = try linearWeights(node, isTransposed: false, input: input)
    try emit(
      node, .linear(Linear(weights: weights)), [input], shape: [input.shape[0], .known(weights.shape[0])])
  }

  /// The first input, which must have the axes `[N, features]`.
  private mutating func matrix(_ node: ONNXNode) throws(WeightFileError) -> ONNXValue {
    let input = try value(node)
    guard input.shape.count == 2 else {
      throw ONNXFault.unsupported("on the shape \(input.shape.text); Kindred multiplies [N, features] with weights")
    }
    return input
  }

  /// The second input as `[outputs, inputs]`.
  private mutating func linearWeights(
    _ node: ONNXNode, isTransposed: Bool, input: ONNXValue
  ) throws(WeightFileError) -> Tensor {
    let (shape, values) = try weights(node, 1)
    guard shape.count == 2, shape.allSatisfy({ $0 > 0 }) else {
      throw ONNXFault.wrongShape("its weights have the shape \(shape); a matrix is needed")
    }
    let inputs = shape[isTransposed ? 1 : 0]
    guard input.shape[1].agrees(with: .known(inputs)) else {
      throw ONNXFault.wrongShape("its weights read \(inputs) features; the input has the shape \(input.shape.text)")
    }
    if isTransposed { return Tensor(shape: shape, values: values) }
    try allocate(values.count)
    return Tensor(
      shape: [shape[1], shape[0]],
      values: ONNXConstant.transposed(values, rows: shape[0], columns: shape[1]))
  }

  mutating func softmax(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let axis = try normalized([node.integer("axis") ?? (opset < 13 ? 1 : -1)], rank: rank)[0]
    guard axis > 0 else { throw ONNXFault.unsupported("over the images of a batch") }
    if axis == rank - 1 { return try emit(node, .softmax, [input], shape: input.shape) }
    // Up to operator set 12 everything from the axis on is one row; that is the same where the other axes are 1.
    if input.shape[(axis + 1)...].allSatisfy({ $0 == .known(1) }) || opset < 13 {
      let length = checkedProduct(input.shape[axis...].map { $0.size ?? -1 })
      let rows = Array(input.shape[..<axis]) + [length.map(ONNXDimension.known) ?? .unknown]
      let flat = try emitReshape(node, "rows", input, to: rows)
      let result = try emitStep(node, "softmax", .softmax, flat, shape: rows)
      return try bindReshape(node, result, to: input.shape)
    }
    var permutation = Array(0..<rank)
    permutation.append(permutation.remove(at: axis))
    let moved = try emitTranspose(node, "in", input, permutation)
    let result = try emitStep(node, "softmax", .softmax, moved, shape: moved.shape)
    try emitTranspose(node, result, inverse(of: permutation), channelsLast: input.channelsLast)
  }
}

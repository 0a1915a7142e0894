import CDNNL

// Convolution and inner product: the operations that have weights.
extension PlanBuilder {
  func planConvolution(_ convolution: Convolution, _ node: Node) throws(InferenceError) -> Value {
    let source = try value(node.inputs[0], place: node.name)
    let shape = try outputShape(node)
    var weightsShape = convolution.weights.shape
    if convolution.groups > 1 {
      weightsShape = [convolution.groups, weightsShape[0] / convolution.groups] + weightsShape.dropFirst()
    }
    let descriptor = try ConvolutionChooser(
      convolution, source: source.shape, weights: weightsShape, target: shape, place: node.name,
      isForManyRuns: isForManyRuns, engine: engine
    ).choose()
    let layout = try descriptor.layout(of: dnnl_query_src_md, shape: source.shape)
    let input = try value(source, in: layout, place: node.name)
    let targetLayout = try descriptor.layout(of: dnnl_query_dst_md, shape: shape)
    let output: Value
    if convolution.fusesAdd {
      output = try accumulator(value(node.inputs[1], place: node.name), targetLayout, reading: input, node)
    } else {
      output = try makeOutput(node, targetLayout)
    }
    let weightsLayout = try descriptor.layout(of: dnnl_query_weights_md, shape: weightsShape)
    let kernel = try constant(
      .weights, convolution.weights.values, shape: weightsShape, layout: weightsLayout, node: node)
    var arguments = [
      (DNNL_ARG_SRC_0, input.memory), (DNNL_ARG_WEIGHTS_0, kernel), (DNNL_ARG_DST_0, output.memory),
    ]
    if let bias = convolution.bias { arguments.append((DNNL_ARG_BIAS, try vector(.bias, bias, node))) }
    try emit(descriptor, arguments)
    return output
  }

  /// What a fused add accumulates into: the shortcut's own memory if nobody needs it afterwards, else a copy.
  private func accumulator(
    _ shortcut: Value, _ layout: MemoryDescriptor, reading input: Value, _ node: Node
  ) throws(InferenceError) -> Value {
    if shortcut.descriptor == layout, !sharesBuffer(shortcut, input), let value = overwritable(shortcut, by: node) {
      return value
    }
    let output = try makeOutput(node, layout)
    try emitCopy(shortcut, to: output, place: node.name)
    return output
  }

  private func sharesBuffer(_ left: Value, _ right: Value) -> Bool {
    guard case .arena(let first) = left.memory.location, case .arena(let second) = right.memory.location else {
      return false
    }
    return first === second
  }

  func vector(_ role: WeightStore.Role, _ numbers: [Float], _ node: Node) throws(InferenceError) -> PlannedMemory {
    let layout = try MemoryDescriptor(dense: [numbers.count])
    return try constant(role, numbers, shape: [numbers.count], layout: layout, node: node)
  }

  func planLinear(_ linear: Linear, _ node: Node) throws(InferenceError) -> Value {
    let source = try value(node.inputs[0], place: node.name)
    let shape = try outputShape(node)
    var operation = dnnl_inner_product_desc_t()
    var sourceLayout = try MemoryDescriptor(anyLayout: source.shape).raw
    var weightsLayout = try MemoryDescriptor(anyLayout: linear.weights.shape).raw
    var biasLayout = try MemoryDescriptor(dense: [shape[1]]).raw
    var targetLayout = try MemoryDescriptor(dense: shape).raw
    // A bias of zeros where there is none: one path less, for a cost that can't be measured.
    let status = dnnl_inner_product_forward_desc_init(
      &operation, dnnl_forward_inference, &sourceLayout, &weightsLayout, &biasLayout, &targetLayout)
    try DNNLHandle.check(status, "inner product", place: node.name)
    let descriptor = try PrimitiveDescriptor(
      "inner product", place: node.name, operation: operation, attributes: PrimitiveAttributes(), engine: engine)

    let layout = try descriptor.layout(of: dnnl_query_src_md, shape: source.shape)
    let input = try value(source, in: layout, place: node.name)
    let output = try makeOutput(node, MemoryDescriptor(dense: shape))
    let weights = try constant(
      .weights, linear.weights.values, shape: linear.weights.shape,
      layout: descriptor.layout(of: dnnl_query_weights_md, shape: linear.weights.shape), node: node)
    let bias = try vector(.bias, linear.bias ?? [Float](repeating: 0, count: shape[1]), node)
    try emit(
      descriptor,
      [
        (DNNL_ARG_SRC_0, input.memory), (DNNL_ARG_WEIGHTS_0, weights), (DNNL_ARG_BIAS, bias),
        (DNNL_ARG_DST_0, output.memory),
      ])
    return output
  }
}

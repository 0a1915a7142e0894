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
    let attributes = try PrimitiveAttributes(
      addsToOutput: convolution.fusesAdd, clampsAtZero: convolution.fusesReLU)
    let descriptor = try PrimitiveDescriptor(
      "convolution", place: node.name,
      operation: describe(convolution, source: source.shape, weights: weightsShape, target: shape, place: node.name),
      attributes: attributes, engine: engine)

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

  private func describe(
    _ convolution: Convolution, source: [Int], weights: [Int], target: [Int], place: String
  ) throws(InferenceError) -> dnnl_convolution_desc_t {
    var descriptor = dnnl_convolution_desc_t()
    var sourceLayout = try MemoryDescriptor(anyLayout: source).raw
    var weightsLayout = try MemoryDescriptor(anyLayout: weights).raw
    var targetLayout = try MemoryDescriptor(anyLayout: target).raw
    var biasLayout = try convolution.bias.map { bias throws(InferenceError) in
      try MemoryDescriptor(dense: [bias.count]).raw
    }
    let padding = convolution.padding
    // oneDNN counts the gaps between the kernel's elements.
    let gaps = [Int64(convolution.dilation.height - 1), Int64(convolution.dilation.width - 1)]
    let strides = [Int64(convolution.stride.height), Int64(convolution.stride.width)]
    func initialize(_ bias: UnsafePointer<dnnl_memory_desc_t>?) -> dnnl_status_t {
      dnnl_dilated_convolution_forward_desc_init(
        &descriptor, dnnl_forward_inference, dnnl_convolution_direct, &sourceLayout, &weightsLayout, bias,
        &targetLayout, strides, gaps, [Int64(padding.top), Int64(padding.left)],
        [Int64(padding.bottom), Int64(padding.right)])
    }
    let status =
      biasLayout == nil
      ? initialize(nil) : withUnsafePointer(to: &biasLayout!) { initialize($0) }
    try DNNLHandle.check(status, "convolution", place: place)
    return descriptor
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

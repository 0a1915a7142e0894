import CDNNL

// Convolution and inner product: the operations that have weights.
extension PlanBuilder {
  func planConvolution(_ convolution: Convolution, _ node: Node) throws(InferenceError) -> Value {
    if let value = try planStem(convolution, node) { return value }
    if let arithmetic = integerArithmetic(convolution, node) {
      if let value = try planIntegers(convolution, node, arithmetic) { return value }
      if let value = try planConvolution(convolution, node, arithmetic) { return value }
    }
    if let value = try planBlocked(convolution, node) { return value }
    let type = arithmetic.precision == .brainFloat ? ElementType.brainFloat : .single
    let arithmetic = ConvolutionArithmetic(types: ConvolutionTypes(source: type, weights: type, target: type))
    guard let value = try planConvolution(convolution, node, arithmetic) else {
      throw InferenceError(code: .unsupported, place: node.name, reason: "oneDNN has no kernel for the convolution")
    }
    return value
  }

  /// What a convolution of integers takes; `nil` where its ranges are not known.
  private func integerArithmetic(_ convolution: Convolution, _ node: Node) -> ConvolutionArithmetic? {
    guard case .integer(let statistics) = arithmetic, convolution.takesIntegers,
      let weights = convolution.integerWeights
    else { return nil }
    let isSigned = !nonNegativeValues.contains(node.inputs[0])
    guard let sourceScale = statistics.scale(of: node.inputs[0], isSigned: isSigned) else { return nil }
    var result = ConvolutionArithmetic(sourceScale: sourceScale)
    result.types.source = isSigned ? .signed : .unsigned
    result.types.weights = .signed
    result.weights = weights
    let targetIsSigned = !convolution.fusesReLU
    if integerValues.contains(node.output), let scale = statistics.scale(of: node.output, isSigned: targetIsSigned) {
      result.types.target = targetIsSigned ? .signed : .unsigned
      result.targetScale = scale
    }
    return result
  }

  /// - Returns: `nil` where oneDNN has no fast kernel for integers of this kind.
  private func planConvolution(
    _ convolution: Convolution, _ node: Node, _ arithmetic: ConvolutionArithmetic
  ) throws(InferenceError) -> Value? {
    let source = try value(node.inputs[0], place: node.name)
    let shape = try outputShape(node)
    var weightsShape = convolution.weights.shape
    if convolution.groups > 1 {
      weightsShape = [convolution.groups, weightsShape[0] / convolution.groups] + weightsShape.dropFirst()
    }
    var shortcut: Value?
    var accumulation: PrimitiveAttributes.Accumulation?
    if convolution.fusesAdd {
      let added = try self.shortcut(of: node, arithmetic)
      shortcut = added
      accumulation = PrimitiveAttributes.Accumulation(scale: added.scale / arithmetic.targetScale)
      if let type = added.descriptor.type, type != arithmetic.types.target { accumulation?.type = type }
    }
    let attributes = try PrimitiveAttributes(
      scales: arithmetic.outputScales, accumulation: accumulation, clampsAtZero: convolution.fusesReLU)
    let chooser = ConvolutionChooser(
      convolution, source: source.shape, weights: weightsShape, target: shape, types: arithmetic.types,
      attributes: attributes, place: node.name, isForManyRuns: isForManyRuns, engine: engine)
    let descriptor: PrimitiveDescriptor
    if arithmetic.weights == nil {
      descriptor = try chooser.choose()
    } else {
      guard let chosen = try? chooser.choose(), chosen.isFast else { return nil }
      descriptor = chosen
    }
    let input = try value(
      named: node.inputs[0], in: descriptor.layout(of: dnnl_query_src_md, shape: source.shape),
      scale: arithmetic.sourceScale, place: node.name)
    let targetLayout = try descriptor.layout(of: dnnl_query_dst_md, shape: shape)
    let output: Value
    if let shortcut {
      output = try accumulator(shortcut, targetLayout, scale: arithmetic.targetScale, reading: input, node)
    } else {
      output = try makeOutput(node, targetLayout, scale: arithmetic.targetScale)
    }
    let kernel = try constant(
      .weights, arithmetic.numbers(convolution), shape: weightsShape,
      layout: descriptor.layout(of: dnnl_query_weights_md, shape: weightsShape), node: node)
    var arguments = [
      (DNNL_ARG_SRC_0, input.memory), (DNNL_ARG_WEIGHTS_0, kernel), (DNNL_ARG_DST_0, output.memory),
    ]
    if let bias = convolution.bias { arguments.append((DNNL_ARG_BIAS, try vector(.bias, arithmetic.bias(bias), node))) }
    try emit(descriptor, arguments)
    return output
  }

  /// What a convolution adds to its result: integers where its result is, else floating-point numbers.
  func shortcut(of node: Node, _ arithmetic: ConvolutionArithmetic) throws(InferenceError) -> Value {
    let name = node.inputs[1]
    guard arithmetic.types.target.isInteger else { return try operand(name, place: node.name) }
    let value = try value(name, place: node.name)
    guard value.descriptor.type?.isInteger != true, case .integer(let statistics) = self.arithmetic else {
      return value
    }
    let isSigned = !nonNegativeValues.contains(name)
    guard let scale = statistics.scale(of: name, isSigned: isSigned) else {
      throw InferenceError(code: .invalidGraph, place: node.name, reason: "the range of \"\(name)\" is missing")
    }
    let layout = try MemoryDescriptor(channelsLast: value.shape, isSigned ? .signed : .unsigned)
    return try self.value(named: name, in: layout, scale: scale, place: node.name)
  }

  /// What a fused add accumulates into: the shortcut's own memory if nobody needs it afterwards, else a copy.
  private func accumulator(
    _ shortcut: Value, _ layout: MemoryDescriptor, scale: Float, reading input: Value, _ node: Node
  ) throws(InferenceError) -> Value {
    let before = layout.holding(shortcut.descriptor.type ?? .single)
    let room: Value
    if shortcut.descriptor == before, !sharesBuffer(shortcut, input), let own = overwritable(shortcut, by: node) {
      room = own
    } else {
      room = try makeOutput(node, before, scale: shortcut.scale)
      try emitCopy(shortcut, to: room, place: node.name)
    }
    return Value(memory: try makeMemory(room.memory.location, layout), scale: scale)
  }

  func sharesBuffer(_ left: Value, _ right: Value) -> Bool {
    guard case .arena(let first) = left.memory.location, case .arena(let second) = right.memory.location else {
      return false
    }
    return first === second
  }

  func vector(_ role: WeightStore.Role, _ numbers: [Float], _ node: Node) throws(InferenceError) -> PlannedMemory {
    let layout = try MemoryDescriptor(dense: [numbers.count])
    return try constant(role, .single(numbers), shape: [numbers.count], layout: layout, node: node)
  }

  func planLinear(_ linear: Linear, _ node: Node) throws(InferenceError) -> Value {
    // oneDNN writes its machine code first, which takes longer than a few runs in plain loops.
    if !isForManyRuns, try outputShape(node)[0] <= PlanBuilder.imagesInPlainLoops { return try planPlain(node) }
    let source = try operand(node.inputs[0], place: node.name)
    let shape = try outputShape(node)
    let type = arithmetic.precision == .brainFloat ? ElementType.brainFloat : .single
    var operation = dnnl_inner_product_desc_t()
    var sourceLayout = try MemoryDescriptor(anyLayout: source.shape, type).raw
    var weightsLayout = try MemoryDescriptor(anyLayout: linear.weights.shape, type).raw
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
      .weights, .single(linear.weights.values), shape: linear.weights.shape,
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

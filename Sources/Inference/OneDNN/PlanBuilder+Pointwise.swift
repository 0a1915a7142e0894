import CDNNL

// What works in any layout, and what needs a dense one.
extension PlanBuilder {
  func emitCopy(_ source: Value, to target: Value, place: String) throws(InferenceError) {
    let scales = source.scale == target.scale ? [] : [source.scale / target.scale]
    let descriptor = try PrimitiveDescriptor(
      reorder: source.descriptor, to: target.descriptor, place: place,
      attributes: PrimitiveAttributes(scales: scales), engine: engine)
    try emit(descriptor, [(DNNL_ARG_SRC_0, source.memory), (DNNL_ARG_DST_0, target.memory)])
  }

  func planReLU(_ node: Node) throws(InferenceError) -> Value {
    let source = try operand(node.inputs[0], place: node.name)
    var operation = dnnl_eltwise_desc_t()
    var layout = source.descriptor.raw
    let status = dnnl_eltwise_forward_desc_init(
      &operation, dnnl_forward_inference, dnnl_eltwise_relu, &layout, 0, 0)
    try DNNLHandle.check(status, "ReLU", place: node.name)
    let descriptor = try PrimitiveDescriptor(
      "ReLU", place: node.name, operation: operation, attributes: PrimitiveAttributes(), engine: engine)
    let output = try overwritableOrNew(source, by: node)
    try emit(descriptor, [(DNNL_ARG_SRC_0, source.memory), (DNNL_ARG_DST_0, output.memory)])
    return output
  }

  func planAdd(_ node: Node) throws(InferenceError) -> Value {
    let first = try operand(node.inputs[0], place: node.name)
    let second = try value(value(node.inputs[1], place: node.name), in: first.descriptor, place: node.name)
    var operation = dnnl_binary_desc_t()
    var layout = first.descriptor.raw
    var secondLayout = second.descriptor.raw
    var targetLayout = layout
    let status = dnnl_binary_desc_init(&operation, dnnl_binary_add, &layout, &secondLayout, &targetLayout)
    try DNNLHandle.check(status, "add", place: node.name)
    let descriptor = try PrimitiveDescriptor(
      "add", place: node.name, operation: operation, attributes: PrimitiveAttributes(), engine: engine)
    let output = try makeOutput(node, first.descriptor)
    try emit(
      descriptor,
      [(DNNL_ARG_SRC_0, first.memory), (DNNL_ARG_SRC_1, second.memory), (DNNL_ARG_DST_0, output.memory)])
    return output
  }

  func planNormalization(_ normalization: BatchNormalization, _ node: Node) throws(InferenceError) -> Value {
    let (scale, shift) = normalization.affine
    return try planAffine(scale: scale, shift: shift, node)
  }

  /// A batch normalisation of mean 0 and variance 1 is a scale and a shift in any layout.
  func planAffine(scale: [Float], shift: [Float], _ node: Node) throws(InferenceError) -> Value {
    let source = try operand(node.inputs[0], place: node.name)
    guard source.shape.count == 4 else {
      return try planPlain(node, as: .channelAffine(scale: scale, shift: shift))
    }
    // oneDNN's kernel for AVX2 reads past the end of scale and shift for channels that fill a block up, and leaves there
    // whatever comes of it.
    guard !source.descriptor.isPadded else {
      return try planPlain(node, as: .channelAffine(scale: scale, shift: shift))
    }
    var operation = dnnl_batch_normalization_desc_t()
    var layout = source.descriptor.raw
    let flags = dnnl_use_global_stats.rawValue | dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
    let status = dnnl_batch_normalization_forward_desc_init(
      &operation, dnnl_forward_inference, &layout, 0, flags)
    try DNNLHandle.check(status, "channel affine", place: node.name)
    let descriptor = try PrimitiveDescriptor(
      "channel affine", place: node.name, operation: operation, attributes: PrimitiveAttributes(), engine: engine)
    let output = try overwritableOrNew(source, by: node)
    try emit(
      descriptor,
      [
        (DNNL_ARG_SRC_0, source.memory), (DNNL_ARG_DST_0, output.memory),
        (DNNL_ARG_MEAN, vector(.mean, [Float](repeating: 0, count: scale.count), node)),
        (DNNL_ARG_VARIANCE, vector(.variance, [Float](repeating: 1, count: scale.count), node)),
        (DNNL_ARG_SCALE, vector(.scale, scale, node)), (DNNL_ARG_SHIFT, vector(.shift, shift, node)),
      ])
    return output
  }

  func planSoftmax(_ node: Node) throws(InferenceError) -> Value {
    let source = try denseOperand(node.inputs[0], place: node.name)
    let dense = source.descriptor
    var operation = dnnl_softmax_desc_t()
    var layout = dense.raw
    let status = dnnl_softmax_forward_desc_init(
      &operation, dnnl_forward_inference, &layout, Int32(source.shape.count - 1))
    try DNNLHandle.check(status, "softmax", place: node.name)
    let descriptor = try PrimitiveDescriptor(
      "softmax", place: node.name, operation: operation, attributes: PrimitiveAttributes(), engine: engine)
    let output = try makeOutput(node, dense)
    try emit(descriptor, [(DNNL_ARG_SRC_0, source.memory), (DNNL_ARG_DST_0, output.memory)])
    return output
  }

  /// A new shape for the same dense numbers.
  func planView(_ node: Node) throws(InferenceError) -> Value {
    try alias(denseOperand(node.inputs[0], place: node.name), shape: outputShape(node), for: node)
  }

  /// What oneDNN has no kernel for: dense arrays in plain loops.
  func planPlain(_ node: Node, as operation: Operation? = nil) throws(InferenceError) -> Value {
    var inputs: [PlannedMemory] = []
    for name in node.inputs { inputs.append(try denseOperand(name, place: node.name).memory) }
    let output = try makeOutput(node, MemoryDescriptor(dense: outputShape(node)))
    let operation = operation ?? node.operation
    emit(.plain(operation, inputs: inputs, output: output.memory), inputs + [output.memory], operation.label, node.name)
    return output
  }
}

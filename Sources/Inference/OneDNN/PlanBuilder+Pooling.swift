import CDNNL

extension PlanBuilder {
  func planAverage(_ pooling: Pooling, _ node: Node) throws(InferenceError) -> Value {
    let source = try value(node.inputs[0], place: node.name)
    // oneDNN always divides by the whole window; a window that hangs over the padding must be divided by less.
    if pooling.countsPadding, overhang(pooling, source.shape, try outputShape(node)) != Size2D(0, 0) {
      return try planPlain(node)
    }
    let includes = pooling.countsPadding
    return try planPool(
      pooling, includes ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding, node)
  }

  func planGlobalAverage(_ node: Node) throws(InferenceError) -> Value {
    let source = try value(node.inputs[0], place: node.name)
    let whole = Size2D(source.shape[2], source.shape[3])
    return try planPool(Pooling(kernel: whole, stride: Size2D(1, 1)), dnnl_pooling_avg_exclude_padding, node)
  }

  func planPool(_ pooling: Pooling, _ algorithm: dnnl_alg_kind_t, _ node: Node) throws(InferenceError) -> Value {
    // Integers stay what they are where only the largest is taken.
    let isMaximum = algorithm == dnnl_pooling_max
    let source = try isMaximum ? value(node.inputs[0], place: node.name) : operand(node.inputs[0], place: node.name)
    let shape = try outputShape(node)
    let overhang = overhang(pooling, source.shape, shape)
    let padding = pooling.padding
    var operation = dnnl_pooling_desc_t()
    var sourceLayout = source.descriptor.raw
    var targetLayout = try MemoryDescriptor(anyLayout: shape, source.descriptor.type ?? .single).raw
    let status = dnnl_pooling_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, &sourceLayout, &targetLayout,
      [Int64(pooling.stride.height), Int64(pooling.stride.width)],
      [Int64(pooling.kernel.height), Int64(pooling.kernel.width)], [Int64(padding.top), Int64(padding.left)],
      [Int64(padding.bottom + overhang.height), Int64(padding.right + overhang.width)])
    try DNNLHandle.check(status, node.operation.label, place: node.name)
    let descriptor = try PrimitiveDescriptor(
      node.operation.label, place: node.name, operation: operation, attributes: PrimitiveAttributes(),
      engine: engine)
    let output = try makeOutput(node, descriptor.layout(of: dnnl_query_dst_md, shape: shape), scale: source.scale)
    try emit(descriptor, [(DNNL_ARG_SRC_0, source.memory), (DNNL_ARG_DST_0, output.memory)])
    return output
  }

  /// How far the last window of each axis reaches past the padding, which happens where sizes are rounded up;
  /// negative where it stops short.
  private func overhang(_ pooling: Pooling, _ input: [Int], _ output: [Int]) -> Size2D {
    let padding = pooling.padding
    let height =
      (output[2] - 1) * pooling.stride.height + pooling.kernel.height - input[2] - padding.top - padding.bottom
    let width =
      (output[3] - 1) * pooling.stride.width + pooling.kernel.width - input[3] - padding.left - padding.right
    return Size2D(max(height, 0), max(width, 0))
  }
}

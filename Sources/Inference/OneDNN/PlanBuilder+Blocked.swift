import CDNNL

extension PlanBuilder {
  /// - Returns: `nil` where the convolution is better left to oneDNN.
  func planBlocked(_ convolution: Convolution, _ node: Node) throws(InferenceError) -> Value? {
    // Preparing the weights takes as long as a few runs.
    guard isForManyRuns, arithmetic.precision == .single else { return nil }
    let shape = try value(node.inputs[0], place: node.name).shape
    guard let blocked = BlockedConvolution(convolution, source: shape, threads: OpenMP.maximumThreads ?? 1) else {
      return nil
    }
    let layout = try BlockedConvolution.layout(outputShape(node))
    let input = try value(named: node.inputs[0], in: BlockedConvolution.layout(shape), place: node.name)
    let shortcut =
      convolution.fusesAdd ? try value(named: node.inputs[1], in: layout, place: node.name) : nil
    let output: Value
    if let shortcut, !sharesBuffer(shortcut, input), let own = overwritable(shortcut, by: node) {
      output = own
    } else {
      output = try makeOutput(node, layout)
    }
    let count = [blocked.weightCount]
    let weights = try constant(
      .weights, .single(blocked.prepare(convolution.floatWeights)), shape: count,
      layout: MemoryDescriptor(dense: count), node: node)
    let bias: PlannedMemory?
    if let numbers = convolution.bias { bias = try vector(.bias, numbers, node) } else { bias = nil }
    let arrays = ConvolutionArrays(
      source: input.memory, weights: weights, target: output.memory, bias: bias, shortcut: shortcut?.memory)
    emit(blocked, arrays, node)
    return output
  }
}

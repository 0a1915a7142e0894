import CDNNL

extension PlanBuilder {
  /// - Returns: `nil` where the convolution is better left to oneDNN.
  func planIntegers(
    _ convolution: Convolution, _ node: Node, _ arithmetic: ConvolutionArithmetic
  ) throws(InferenceError) -> Value? {
    // Preparing the weights takes as long as a few runs.
    guard isForManyRuns, arithmetic.types.source == .unsigned else { return nil }
    let source = try value(node.inputs[0], place: node.name).shape
    let type = arithmetic.types.target
    guard let numbers = arithmetic.weights?.integers,
      var integers = IntegerConvolution(
        convolution, weights: numbers, source: source, target: type, threads: OpenMP.maximumThreads ?? 1)
    else { return nil }
    let input = try value(
      named: node.inputs[0], in: MemoryDescriptor(channelsLast: source, .unsigned), scale: arithmetic.sourceScale,
      place: node.name)
    let target = try MemoryDescriptor(channelsLast: outputShape(node), type)
    var shortcut: Value?
    var overwritten: Value?
    if convolution.fusesAdd {
      let added = try self.shortcut(of: node, arithmetic)
      let addedType = added.descriptor.type ?? .single
      let laid = try value(added, in: target.holding(addedType), scale: added.scale, place: node.name)
      integers.shortcut = IntegerConvolution.Shortcut(type: addedType, scale: added.scale / arithmetic.targetScale)
      shortcut = laid
      // Numbers of one size; a step must not read what it has written over.
      if addedType.isInteger == type.isInteger, !sharesBuffer(laid, input) {
        overwritten = overwritable(laid, by: node)
      }
    }
    let output =
      if let overwritten {
        Value(memory: try makeMemory(overwritten.memory.location, target), scale: arithmetic.targetScale)
      } else {
        try makeOutput(node, target, scale: arithmetic.targetScale)
      }
    let weights = try constant(
      .weights, .signed(integers.prepare(numbers)[...]), shape: [integers.weightByteCount],
      layout: MemoryDescriptor(dense: [integers.weightByteCount], .signed), node: node)
    var arrays = ConvolutionArrays(
      source: input.memory, weights: weights, target: output.memory, shortcut: shortcut?.memory)
    arrays.scales = try vector(.scale, arithmetic.outputScales, node)
    if let bias = convolution.bias { arrays.bias = try vector(.bias, arithmetic.bias(bias), node) }
    emit(integers, arrays, node)
    return output
  }

  /// The first convolution, where what reads it takes integers.
  /// - Returns: `nil` where the convolution is better left to oneDNN.
  func planStem(_ convolution: Convolution, _ node: Node) throws(InferenceError) -> Value? {
    guard case .integer(let statistics) = arithmetic, let sourceLimit = statistics.limits[node.inputs[0]] else {
      return nil
    }
    let source = try value(node.inputs[0], place: node.name).shape
    let target = try outputShape(node)
    guard
      let stem = StemConvolution(
        convolution, source: source, sourceLimit: sourceLimit, target: target, threads: OpenMP.maximumThreads ?? 1),
      let scale = stemScale(node, statistics)
    else { return nil }
    let input = try value(named: node.inputs[0], in: MemoryDescriptor(dense: source), place: node.name)
    let output = try makeOutput(node, MemoryDescriptor(channelsLast: target, .unsigned), scale: scale)
    let prepared = stem.prepare(convolution.floatWeights)
    let bits = prepared.weights.withUnsafeBytes { Array($0) }
    let weights = try constant(
      .weights, .signed(bits[...]), shape: [bits.count], layout: MemoryDescriptor(dense: [bits.count], .signed),
      node: node)
    var arrays = ConvolutionArrays(source: input.memory, weights: weights, target: output.memory)
    arrays.scales = try vector(.scale, prepared.sumSteps.map { $0 / scale }, node)
    if let bias = convolution.bias {
      arrays.bias = try vector(.bias, zip(bias, prepared.sumSteps).map { $0 / $1 }, node)
    }
    emit(stem, arrays, node)
    return output
  }

  /// What one step of the first convolution's result is, `nil` where it is not to be integers. The largest of rounded
  /// numbers is the rounded largest: where it is pooled, the pooled values' scale loses least.
  private func stemScale(_ node: Node, _ statistics: ActivationStatistics) -> Float? {
    let readers = graph.nodes.filter { $0.inputs.contains(node.output) }
    guard readers.count == 1, !graph.outputs.contains(node.output) else { return nil }
    let kept = if case .maxPool = readers[0].operation { readers[0].output } else { node.output }
    return integerValues.contains(kept) ? statistics.scale(of: kept, isSigned: false) : nil
  }
}

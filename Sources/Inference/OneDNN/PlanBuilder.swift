import CDNNL

/// Turns a graph into a ``Plan`` for one shape of input.
///
/// Values keep the layout that the primitive which gives them chose, until one that reads them wants another.
final class PlanBuilder {
  /// A value of the graph: where it lies and how.
  struct Value {
    let memory: PlannedMemory
    /// What one step of integers stands for; 1 for other numbers.
    var scale: Float = 1
    var shape: [Int] { memory.descriptor.shape }
    var descriptor: MemoryDescriptor { memory.descriptor }
  }

  /// More than any network needs for the images that run at once: 8 GiB.
  private static let largestArena = 1 << 33

  /// A linear layer of so many images is run in plain loops while a plan is young.
  static let imagesInPlainLoops = 4

  let engine: DNNLEngine
  let weights: WeightStore
  let graph: Graph
  let shapes: [String: [Int]]
  let lastReaders: [String: Int]
  let isForManyRuns: Bool
  let arithmetic: Arithmetic
  /// Values that only layers that take integers need.
  let integerValues: Set<String>
  /// Values that become unsigned integers.
  let nonNegativeValues: Set<String>

  private(set) var values: [String: Value] = [:]
  /// Values in other layouts or numbers, for whoever reads them next.
  private var converted: [String: Value] = [:]
  private var steps: [PlanStep] = []
  private var memories: [PlannedMemory] = []
  private var buffers: [ArenaBuffer] = []
  private var scratchByteCount = 0
  /// The node that is being planned.
  var nodeIndex = 0

  private init(
    graph: Graph, inputShape: [Int], arithmetic: Arithmetic, isForManyRuns: Bool, engine: DNNLEngine,
    weights: WeightStore
  ) throws(InferenceError) {
    self.graph = graph
    self.arithmetic = arithmetic
    self.isForManyRuns = isForManyRuns
    nonNegativeValues = graph.nonNegativeValues
    if case .integer(let statistics) = arithmetic {
      integerValues = graph.integerValues(statistics)
    } else {
      integerValues = []
    }
    self.engine = engine
    self.weights = weights
    shapes = try graph.shapes(forInput: inputShape)
    lastReaders = graph.lastReaders
    let input = try makeMemory(.input, MemoryDescriptor(dense: inputShape))
    values[graph.input] = Value(memory: input)
  }

  /// - Parameter isForManyRuns: whether what takes longer to prepare and is faster then shall be chosen.
  static func plan(
    _ graph: Graph, inputShape: [Int], arithmetic: Arithmetic, isForManyRuns: Bool, engine: DNNLEngine,
    weights: WeightStore
  ) throws(InferenceError) -> Plan {
    let builder = try PlanBuilder(
      graph: graph, inputShape: inputShape, arithmetic: arithmetic, isForManyRuns: isForManyRuns, engine: engine,
      weights: weights)
    for (index, node) in graph.nodes.enumerated() {
      builder.nodeIndex = index
      let output = try builder.plan(node)
      builder.values[node.output] = output
    }
    return try builder.finish(inputShape: inputShape)
  }

  private func finish(inputShape: [Int]) throws(InferenceError) -> Plan {
    nodeIndex = graph.nodes.count
    var outputShapes: [[Int]] = []
    for (number, name) in graph.outputs.enumerated() {
      let value = try value(name, place: name)
      let dense = try MemoryDescriptor(dense: value.shape)
      if value.descriptor == dense {
        touch([value.memory])
        steps.append(PlanStep(work: .copyOut(value.memory, output: number), what: "copy", place: name))
      } else {
        let output = Value(memory: try makeMemory(.output(number), dense))
        try emitCopy(value, to: output, place: name)
      }
      outputShapes.append(value.shape)
    }
    let size = ArenaPlanner.place(buffers)
    guard size + scratchByteCount <= PlanBuilder.largestArena else {
      throw InferenceError(
        code: .unsupported, place: graph.input,
        reason: "an input of shape \(inputShape) needs \((size + scratchByteCount) >> 30) GiB of memory")
    }
    return Plan(
      inputShape: inputShape, outputShapes: outputShapes, isForManyRuns: isForManyRuns,
      steps: steps, memories: memories, scratchOffset: size, arenaByteCount: size + scratchByteCount)
  }

  private func plan(_ node: Node) throws(InferenceError) -> Value {
    switch node.operation {
    case .convolution(let convolution): try planConvolution(convolution, node)
    case .linear(let linear): try planLinear(linear, node)
    case .relu: try planReLU(node)
    case .add: try planAdd(node)
    case .channelAffine(let scale, let shift): try planAffine(scale: scale, shift: shift, node)
    case .batchNormalization(let normalization): try planNormalization(normalization, node)
    case .maxPool(let pooling): try planPool(pooling, dnnl_pooling_max, node)
    case .averagePool(let pooling): try planAverage(pooling, node)
    case .globalAveragePool: try planGlobalAverage(node)
    case .softmax: try planSoftmax(node)
    case .flatten, .reshape: try planView(node)
    case .transpose, .pad, .subsampleAndPadChannels, .mean: try planPlain(node)
    }
  }

  // MARK: Values

  func value(_ name: String, place: String) throws(InferenceError) -> Value {
    guard let value = values[name] else {
      throw InferenceError(code: .invalidGraph, place: place, reason: "the value \"\(name)\" is missing")
    }
    return value
  }

  func outputShape(_ node: Node) throws(InferenceError) -> [Int] {
    guard let shape = shapes[node.output] else {
      throw InferenceError(code: .invalidGraph, place: node.name, reason: "has no shape")
    }
    return shape
  }

  /// A value that is read next, as floating-point numbers.
  func operand(_ name: String, place: String) throws(InferenceError) -> Value {
    let value = try value(name, place: place)
    guard value.descriptor.type?.isInteger == true else { return value }
    return try self.value(value, in: value.descriptor.holding(.single), place: place)
  }

  /// A value that is read next, dense and in single precision.
  func denseOperand(_ name: String, place: String) throws(InferenceError) -> Value {
    let value = try value(name, place: place)
    return try self.value(value, in: MemoryDescriptor(dense: value.shape), place: place)
  }

  /// The value in a layout: as it is, or brought into it by a step.
  func value(
    _ value: Value, in layout: MemoryDescriptor, scale: Float = 1, place: String
  ) throws(InferenceError) -> Value {
    if value.descriptor == layout, value.scale == scale { return value }
    let copy = Value(memory: try makeArenaMemory(layout, lastReader: nodeIndex), scale: scale)
    try emitCopy(value, to: copy, place: place)
    return copy
  }

  /// A named value in a layout, kept for others that want it so.
  func value(
    named name: String, in layout: MemoryDescriptor, scale: Float = 1, place: String
  ) throws(InferenceError) -> Value {
    let original = try value(name, place: place)
    for known in [original, converted[name]].compactMap({ $0 })
    where known.descriptor == layout && known.scale == scale { return known }
    let copy = Value(memory: try makeArenaMemory(layout, lastReader: lastReaders[name, default: -1]), scale: scale)
    try emitCopy(original, to: copy, place: place)
    converted[name] = copy
    return copy
  }

  /// Room for a node's output.
  func makeOutput(_ node: Node, _ layout: MemoryDescriptor, scale: Float = 1) throws(InferenceError) -> Value {
    Value(memory: try makeArenaMemory(layout, lastReader: lastReaders[node.output, default: -1]), scale: scale)
  }

  /// The input's own memory as a node's output, where nobody reads the input afterwards; `nil` where that is not so.
  func overwritable(_ value: Value, by node: Node) -> Value? {
    guard case .arena(let buffer) = value.memory.location, buffer.lastReader <= nodeIndex else { return nil }
    buffer.lastReader = max(buffer.lastReader, lastReaders[node.output, default: -1])
    return value
  }

  /// The input's own memory as a node's output, or else room of the same layout.
  func overwritableOrNew(_ value: Value, by node: Node) throws(InferenceError) -> Value {
    if let overwritable = overwritable(value, by: node) { return overwritable }
    return try makeOutput(node, value.descriptor)
  }

  /// The same numbers under another shape; both must be dense.
  func alias(_ value: Value, shape: [Int], for node: Node) throws(InferenceError) -> Value {
    if case .arena(let buffer) = value.memory.location {
      buffer.lastReader = max(buffer.lastReader, lastReaders[node.output, default: -1])
    }
    return Value(memory: try makeMemory(value.memory.location, MemoryDescriptor(dense: shape)))
  }

  // MARK: Memory and steps

  func makeMemory(
    _ location: MemoryLocation, _ descriptor: MemoryDescriptor
  ) throws(InferenceError) -> PlannedMemory {
    let memory = try PlannedMemory(location, descriptor, engine: engine)
    memories.append(memory)
    return memory
  }

  private func makeArenaMemory(
    _ layout: MemoryDescriptor, lastReader: Int
  ) throws(InferenceError) -> PlannedMemory {
    let buffer = ArenaBuffer(byteCount: layout.byteCount, lastReader: lastReader)
    buffers.append(buffer)
    return try makeMemory(.arena(buffer), layout)
  }

  /// Numbers of a node that stay the same for every run.
  func constant(
    _ role: WeightStore.Role, _ numbers: @autoclosure () -> WeightStore.Numbers, shape: [Int], layout: MemoryDescriptor,
    node: Node
  ) throws(InferenceError) -> PlannedMemory {
    let buffer = try weights.buffer(
      node: nodeIndex, role: role, numbers: numbers, shape: shape, layout: layout, place: node.name)
    return try makeMemory(.fixed(buffer), layout)
  }

  private func touch(_ touched: [PlannedMemory]) {
    for memory in touched {
      if case .arena(let buffer) = memory.location { buffer.touch(step: steps.count) }
    }
  }

  func emit(
    _ descriptor: PrimitiveDescriptor, _ arguments: [(Int32, PlannedMemory)]
  ) throws(InferenceError) {
    let primitive = try descriptor.makePrimitive()
    touch(arguments.map(\.1))
    var list = arguments.map { dnnl_exec_arg_t(arg: $0.0, memory: $0.1.handle.pointer) }
    if descriptor.scratchByteCount > 0 {
      let scratch = try makeMemory(.scratch, descriptor.makeScratchDescriptor())
      list.append(dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratch.handle.pointer))
      scratchByteCount = max(scratchByteCount, descriptor.scratchByteCount)
    }
    steps.append(PlanStep(work: .primitive(primitive, list), what: descriptor.what, place: descriptor.place))
  }

  /// - Parameter touched: the arrays that the work reads and writes.
  func emit(
    _ work: PlanStep.Work, _ touched: [PlannedMemory], scratchByteCount: Int = 0, _ what: String, _ place: String
  ) {
    touch(touched)
    self.scratchByteCount = max(self.scratchByteCount, scratchByteCount)
    steps.append(PlanStep(work: work, what: what, place: place))
  }

  func emit(_ convolution: any OwnConvolution, _ arrays: ConvolutionArrays<PlannedMemory>, _ node: Node) {
    emit(
      .own(convolution, arrays), arrays.all, scratchByteCount: convolution.scratchByteCount, "convolution", node.name)
  }
}

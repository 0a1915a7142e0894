/// Runs a graph with oneDNN: blocked layouts between the layers, fused kernels.
///
/// Primitives are made, and weights brought into the primitives' layouts, when a shape of input is first run; the
/// last few shapes are kept. Large batches are cut, so that memory stays bounded.
public final class OneDNNExecutor: Executor {
  /// What the worker thread alone touches.
  private final class State {
    let engine: DNNLEngine
    let weights: WeightStore
    /// The most recently used first.
    var plans: [Plan] = []
    /// Shared by all plans, since they run one at a time.
    var arena: AlignedBuffer

    init() throws(InferenceError) {
      engine = try DNNLEngine()
      weights = WeightStore(engine: engine)
      arena = try AlignedBuffer(byteCount: 0)
    }
  }

  /// What it runs. In int8, convolutions have integers instead of weights; an executor made of it does the same.
  public let graph: Graph
  private let arithmetic: Arithmetic
  private let spinLimit: OpenMP.SpinLimit
  private let worker: WorkerThread
  // Only jobs of `worker` use it, and those run one at a time.
  nonisolated(unsafe) private let state: State

  /// Shapes of input whose plans are kept.
  private static let plansKept = 4
  /// Images that run at once: more is no faster, and takes more memory.
  private static let largestPass = 16
  /// A plan that has run so many images is made anew, with more care: preparing the weights takes 0.2 s for
  /// ResNet-50, which come back within as many images again.
  private static let imagesUntilMoreCare = 64

  /// - Parameters:
  ///   - graph: run as it is after validation, in int8 with integers for weights; see ``Graph/optimized()``.
  ///   - arithmetic: the numbers between the layers.
  ///   - threads: how many OpenMP threads a run may use; OpenMP's own choice (all processors) when `nil`.
  /// - Throws: `unsupported` where the processor does not have the arithmetic.
  public init(graph: Graph, arithmetic: Arithmetic = .single, threads: Int? = nil) throws(InferenceError) {
    try graph.validate()
    if arithmetic.precision == .brainFloat, !Processor.hasBrainFloat {
      throw InferenceError(
        code: .unsupported, place: graph.input, reason: "this processor has no bfloat16; f32 and int8 run on it")
    }
    if case .integer(let statistics) = arithmetic {
      self.graph = graph.withIntegerWeights(statistics)
    } else {
      self.graph = graph
    }
    self.arithmetic = arithmetic
    spinLimit = try OpenMP.SpinLimit.shared()
    let worker = try WorkerThread()
    self.worker = worker
    state = try worker.run { () throws(InferenceError) in
      if let threads { OpenMP.setThreads(threads) }
      return try State()
    }
  }

  public func run(_ input: Tensor) throws(InferenceError) -> [Tensor] {
    let passes = try graph.passes(forInput: input.shape, limit: OneDNNExecutor.largestPass)
    let count = input.shape[0]
    return try worker.run { () throws(InferenceError) in
      var results: [Tensor] = []
      var first = 0
      for size in passes {
        let plan = try plan(for: [size] + input.shape.dropFirst())
        if results.isEmpty {
          results = plan.outputShapes.map { Tensor(zeros: [count] + $0.dropFirst()) }
        }
        try run(plan, input, first: first, into: &results)
        first += size
      }
      return results
    }
  }

  /// Runs the images from `first` on.
  private func run(
    _ plan: Plan, _ input: Tensor, first: Int, into results: inout [Tensor]
  ) throws(InferenceError) {
    let imageSize = input.shape.dropFirst().reduce(1, *)
    let arena = try arena(ofAtLeast: plan.arenaByteCount)
    try input.values.withUnsafeBufferPointer { values throws(InferenceError) in
      guard let base = values.baseAddress else { return }
      try OneDNNExecutor.withAddresses(of: &results[...], []) { addresses throws(InferenceError) in
        let targets = zip(addresses, plan.outputShapes).map { $0 + first * $1.dropFirst().reduce(1, *) }
        try plan.run(input: base + first * imageSize, outputs: targets, arena: arena, engine: state.engine)
      }
    }
  }

  /// Calls `body` with the addresses of all tensors' numbers at once.
  private static func withAddresses(
    of tensors: inout ArraySlice<Tensor>, _ known: [UnsafeMutablePointer<Float>],
    _ body: ([UnsafeMutablePointer<Float>]) throws(InferenceError) -> Void
  ) throws(InferenceError) {
    guard known.count < tensors.count else { return try body(known) }
    let index = tensors.startIndex + known.count
    var values: [Float] = []
    swap(&values, &tensors[index].values)
    defer { swap(&values, &tensors[index].values) }
    try values.withUnsafeMutableBufferPointer { buffer throws(InferenceError) in
      guard let base = buffer.baseAddress else { return }
      try withAddresses(of: &tensors, known + [base], body)
    }
  }

  /// Known or made; called on the worker only.
  private func plan(for shape: [Int]) throws(InferenceError) -> Plan {
    if let index = state.plans.firstIndex(where: { $0.inputShape == shape }) {
      let known = state.plans.remove(at: index)
      let isWorthMore = hasMoreCare && known.runCount * shape[0] >= OneDNNExecutor.imagesUntilMoreCare
      // The known plan lives on until the other is made: they share what weights they can.
      let plan = isWorthMore && !known.isForManyRuns ? try makePlan(for: shape, isForManyRuns: true) : known
      state.plans.insert(plan, at: 0)
      return plan
    }
    let plan = try makePlan(for: shape, isForManyRuns: false)
    state.plans.insert(plan, at: 0)
    if state.plans.count > OneDNNExecutor.plansKept { state.plans.removeLast() }
    return plan
  }

  /// Whether a plan for many runs is another than one for a few.
  private var hasMoreCare: Bool {
    switch arithmetic {
    case .single: true
    case .brainFloat: false
    case .integer: IntegerConvolution.suitsProcessor
    }
  }

  private func makePlan(for shape: [Int], isForManyRuns: Bool) throws(InferenceError) -> Plan {
    try PlanBuilder.plan(
      graph, inputShape: shape, arithmetic: arithmetic, isForManyRuns: isForManyRuns, engine: state.engine,
      weights: state.weights)
  }

  /// The arena, grown where need be; called on the worker only.
  private func arena(ofAtLeast byteCount: Int) throws(InferenceError) -> AlignedBuffer {
    if byteCount > state.arena.byteCount {
      // The old one first: both at once would be needless memory.
      state.arena = try AlignedBuffer(byteCount: 0)
      state.arena = try AlignedBuffer(byteCount: byteCount)
    }
    return state.arena
  }
}

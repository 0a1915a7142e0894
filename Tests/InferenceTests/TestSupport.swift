import Testing

@testable import Inference

/// Random numbers that a seed brings back.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    // `Float.random` takes ten times as long in debug builds.
    let step = (range.upperBound - range.lowerBound) / Float(1 << 24)
    return (0..<count).map { _ in range.lowerBound + Float(next() >> 40) * step }
  }

  mutating func tensor(_ shape: [Int], in range: ClosedRange<Float> = -1...1) -> Tensor {
    Tensor(shape: shape, values: floats(shape.reduce(1, *), in: range))
  }

  mutating func normalization(_ channels: Int) -> BatchNormalization {
    BatchNormalization(
      scale: floats(channels, in: 0.5...1.5), shift: floats(channels), mean: floats(channels),
      variance: floats(channels, in: 0.5...2))
  }
}

/// Fails where shapes differ, or numbers by more than a part of the largest.
func expectClose(
  _ actual: Tensor, _ expected: Tensor, tolerance: Float = 1e-5, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
  guard actual.shape == expected.shape else { return }
  let largest = expected.values.reduce(Float(1e-3)) { max($0, abs($1)) }
  var worst: Float = 0
  for (left, right) in zip(actual.values, expected.values) {
    let difference = abs(left - right)
    if !(difference <= worst) { worst = difference.isNaN ? .infinity : difference }
  }
  #expect(
    worst <= tolerance * largest, "\(what): differs by \(worst), largest is \(largest)", sourceLocation: sourceLocation)
}

/// An array where a kernel reads it.
func makeBuffer<Element>(_ numbers: [Element]) throws -> AlignedBuffer {
  try numbers.withUnsafeBytes { bytes in
    let buffer = try AlignedBuffer(byteCount: bytes.count)
    if let base = bytes.baseAddress { buffer.address.copyMemory(from: base, byteCount: bytes.count) }
    return buffer
  }
}

/// A graph of one operation.
func makeGraph(_ operation: Operation, inputShape: [Int]) -> Graph {
  Graph(
    input: "x", inputShape: [nil] + inputShape.dropFirst().map { $0 },
    nodes: [Node(name: "layer", operation: operation, inputs: ["x"], output: "y")], outputs: ["y"])
}

/// Both executors on the graph as it is, so that no pass changes what is tested.
func makeExecutors(_ graph: Graph) throws -> [(name: String, executor: any Executor)] {
  [("oneDNN", try OneDNNExecutor(graph: graph)), ("OpenBLAS", try OpenBLASExecutor(graph: graph))]
}

func expectOperation(
  _ operation: Operation, _ input: Tensor, gives expected: Tensor, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let graph = makeGraph(operation, inputShape: input.shape)
  #expect(try graph.shapes(forInput: input.shape)["y"] == expected.shape, "\(what)", sourceLocation: sourceLocation)
  for (name, executor) in try makeExecutors(graph) {
    let outputs = try executor.run(input)
    #expect(outputs.count == 1)
    expectClose(outputs[0], expected, "\(what), \(name)", sourceLocation: sourceLocation)
  }
}

/// Expects both executors to give the same for a graph and what a pass made of it.
func expectSame(
  _ original: Graph, _ rewritten: Graph, _ input: Tensor, rewrittenInput: Tensor? = nil, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = try OpenBLASExecutor(graph: original).run(input)
  for (name, executor) in try makeExecutors(rewritten) {
    let actual = try executor.run(rewrittenInput ?? input)
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    for (left, right) in zip(actual, expected) {
      // Weights that were folded are rounded once more, layer for layer.
      expectClose(left, right, tolerance: 1e-4, "\(what), \(name)", sourceLocation: sourceLocation)
    }
  }
}

/// Builds graphs line by line.
struct GraphBuilder {
  var nodes: [Node] = []

  mutating func add(_ operation: Operation, _ inputs: String..., name: String? = nil) -> String {
    let output = name ?? "v\(nodes.count)"
    nodes.append(Node(name: "node \(output)", operation: operation, inputs: inputs, output: output))
    return output
  }

  func graph(_ inputShape: [Int?], outputs: String...) -> Graph {
    Graph(input: "x", inputShape: inputShape, nodes: nodes, outputs: outputs)
  }
}

extension Graph {
  /// The operations' names in order, for tests of what is left.
  var kinds: [String] {
    nodes.map { String("\($0.operation)".prefix { $0 != "(" }) }
  }
}

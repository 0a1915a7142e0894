extension Graph {
  /// With transposes moved towards the outputs until they cancel, as pairs of them do in what is exported from
  /// TensorFlow, whose images are `[N, H, W, C]`.
  ///
  /// Where the graph's input is `[N, H, W, C]` and is only read through a transpose to `[N, C, H, W]`, the input
  /// itself becomes `[N, C, H, W]`. A graph that is not valid stays as it is.
  public func removingTransposes() -> Graph {
    guard (try? validate()) != nil else { return self }
    var sinking = TransposeSinking(graph: transposingInput())
    return sinking.run().removingDeadNodes()
  }

  /// The input as `[N, C, H, W]`, if all that read it want it so.
  private func transposingInput() -> Graph {
    let toChannelsFirst = [0, 3, 1, 2]
    let readers = nodes.filter { $0.inputs.contains(input) }
    let allTranspose = readers.allSatisfy { $0.operation == .transpose(permutation: toChannelsFirst) }
    guard inputShape.count == 4, !readers.isEmpty, allTranspose, !outputs.contains(input) else { return self }
    var graph = self
    graph.inputShape = toChannelsFirst.map { inputShape[$0] }
    graph.nodes.removeAll { $0.inputs.contains(input) }
    return graph.reading(Dictionary(readers.map { ($0.output, input) }, uniquingKeysWith: { first, _ in first }))
  }
}

/// Walks down a graph with, for each value, the transpose that is still owed to it.
private struct TransposeSinking {
  /// What stands for a value of the original graph: another value, whose axes are to be permuted.
  private struct Owed {
    var value: String
    /// Axis i of the original is axis `permutation[i]` of ``value``; `nil` where nothing is owed.
    var permutation: [Int]?
  }

  private let original: Graph
  /// See ``Graph/unitMaps``.
  private let unitMaps: Set<String>
  private let fixedShapes: [String: [Int]]
  private var nodes: [Node] = []
  /// What ``nodes`` give.
  private var given: Set<String> = []
  private var owed: [String: Owed] = [:]
  private var paid: [String: String] = [:]
  private var names: Set<String>

  init(graph: Graph) {
    original = graph
    unitMaps = graph.unitMaps
    fixedShapes = graph.fixedShapes
    names = Set(graph.nodes.map(\.output)).union([graph.input])
    owed[graph.input] = Owed(value: graph.input, permutation: nil)
  }

  mutating func run() -> Graph {
    for node in original.nodes { visit(node) }
    var graph = original
    graph.outputs = original.outputs.map { pay($0, place: $0) }
    graph.nodes = nodes
    return graph
  }

  private mutating func visit(_ node: Node) {
    let input = state(node.inputs[0])
    if case .transpose(let permutation) = node.operation {
      let whole = permutation.map { input.permutation?[$0] ?? $0 }
      let isIdentity = whole == Array(whole.indices)
      owed[node.output] = Owed(value: input.value, permutation: isIdentity ? nil : whole)
      return
    }
    if let permutation = input.permutation, let moved = moved(node, past: permutation) {
      var rewritten = node
      rewritten.operation = moved.operation
      rewritten.inputs = node.inputs.map { state($0).value }
      append(rewritten)
      owed[node.output] = Owed(value: node.output, permutation: moved.permutation)
      return
    }
    var rewritten = node
    rewritten.inputs = node.inputs.map { pay($0, place: node.name) }
    append(rewritten)
    owed[node.output] = Owed(value: node.output, permutation: nil)
  }

  private mutating func append(_ node: Node) {
    nodes.append(node)
    given.insert(node.output)
  }

  private func state(_ name: String) -> Owed { owed[name] ?? Owed(value: name, permutation: nil) }

  /// The value with its transpose done by a node, made once.
  private mutating func pay(_ name: String, place: String) -> String {
    let state = state(name)
    guard let permutation = state.permutation else { return state.value }
    if let known = paid[name] { return known }
    // The name is free where a transpose of the original gave the value, and taken where a node here does.
    let isFree = !given.contains(name) && name != original.input
    let output = isFree ? name : Graph.unusedName(name + "/transposed", &names)
    append(
      Node(name: place, operation: .transpose(permutation: permutation), inputs: [state.value], output: output))
    paid[name] = output
    return output
  }

  /// The node's operation on the value that is not transposed yet, and what its output is then owed; `nil` where
  /// it can't be told or would not be the same.
  private func moved(_ node: Node, past permutation: [Int]) -> (operation: Operation, permutation: [Int]?)? {
    let input = node.inputs[0]
    switch node.operation {
    case .relu:
      return (node.operation, permutation)
    case .add:
      return node.inputs.allSatisfy { state($0).permutation == permutation } ? (node.operation, permutation) : nil
    case .batchNormalization, .channelAffine:
      return permutation[1] == 1 ? (node.operation, permutation) : nil
    case .softmax:
      return permutation.last == permutation.count - 1 ? (node.operation, permutation) : nil
    case .mean(let axes, let keepsAxes):
      return movedMean(axes, keepsAxes, past: permutation)
    case .globalAveragePool:
      return movedMean([2, 3], true, past: permutation)
    case .flatten:
      return keepsOrder(input, permutation) ? (.flatten, nil) : nil
    case .reshape(let shape):
      // An axis that is kept by its place can only be kept where the place is the same.
      let keepsPlaces = shape.enumerated().allSatisfy { $1 != 0 || ($0 < permutation.count && permutation[$0] == $0) }
      return keepsOrder(input, permutation) && keepsPlaces ? (node.operation, nil) : nil
    case .convolution, .maxPool, .averagePool, .pad, .linear, .subsampleAndPadChannels, .transpose:
      return nil
    }
  }

  private func movedMean(
    _ axes: [Int], _ keepsAxes: Bool, past permutation: [Int]
  ) -> (operation: Operation, permutation: [Int]?)? {
    guard let reduced = Operation.normalizedAxes(axes, rank: permutation.count) else { return nil }
    let moved = Operation.mean(axes: reduced.map { permutation[$0] }.sorted(), keepsAxes: keepsAxes)
    if keepsAxes { return (moved, permutation) }
    // The axes that stay, in the order of the original, numbered as they lie now.
    let left = permutation.indices.filter { !reduced.contains($0) }.map { permutation[$0] }
    let order = left.sorted()
    let rest = left.compactMap { order.firstIndex(of: $0) }
    return (moved, rest == Array(rest.indices) ? nil : rest)
  }

  /// Whether a value's numbers lie in the same order before and after the transpose: all axes but the batch and one
  /// other are 1.
  private func keepsOrder(_ name: String, _ permutation: [Int]) -> Bool {
    guard permutation.first == 0 else { return false }
    if unitMaps.contains(name) { return true }
    return fixedShapes[name].map { $0.dropFirst().count { $0 != 1 } <= 1 } ?? false
  }
}

extension Graph {
  /// Values with one axis at most beside the batch that is not 1, whatever the input's size: what a mean over two of
  /// four axes leaves, and what changes no shape afterwards.
  fileprivate var unitMaps: Set<String> {
    let ranks = ranks
    var known: Set<String> = []
    for node in nodes {
      let input = node.inputs[0]
      let isUnit =
        switch node.operation {
        case .globalAveragePool: true
        case .mean(let axes, true):
          ranks[input] == 4 && (Operation.normalizedAxes(axes, rank: 4)?.count ?? 0) >= 2
        case .relu, .batchNormalization, .channelAffine, .softmax, .transpose, .add: known.contains(input)
        default: false
        }
      if isUnit { known.insert(node.output) }
    }
    return known
  }

  /// The shapes of all values where the input's is fixed but for the batch.
  fileprivate var fixedShapes: [String: [Int]] {
    let sizes = inputShape.dropFirst().compactMap { $0 }
    guard sizes.count == inputShape.count - 1 else { return [:] }
    return (try? shapes(forInput: [inputShape[0] ?? 1] + sizes)) ?? [:]
  }
}

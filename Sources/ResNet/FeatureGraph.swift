import Inference

/// A network cut to what Kindred wants of it: pooled features and, where there is a classifier, its scores.
struct FeatureGraph {
  /// Outputs are the features and then, where there is a classifier, the scores; the input is `[N, 3, H, W]`.
  private(set) var graph: Graph
  /// Outputs of the classifier; 0 where there is none.
  let classCount: Int
  /// The graph took `[N, H, W, 3]`.
  let hadChannelsLast: Bool
  private let path: String

  /// - Throws: ``WeightFileError`` `unknownArchitecture` for a graph with neither a fully connected layer nor a pooled
  ///   output, or whose input is not pictures of three channels.
  init(_ source: Graph, path: String) throws(WeightFileError) {
    var graph = source
    hadChannelsLast = try Self.putChannelsFirst(&graph, path: path)
    if let node = graph.nodes.last(where: \.isLinear), case .linear(let linear) = node.operation {
      graph.outputs = [node.inputs[0], node.output]
      classCount = linear.weights.shape[0]
    } else if let node = graph.nodes.last(where: \.isGlobalAverage) {
      graph.outputs = [node.output]
      classCount = 0
    } else {
      throw WeightFileError(
        code: .unknownArchitecture, path: path,
        reason: "the graph has neither a fully connected layer nor a global average, so no features to take")
    }
    Self.prune(&graph)
    self.graph = graph
    self.path = path
  }

  /// Networks without a fixed size take any; one with a fixed size must get it.
  func checkInputSize(_ crop: Int, path: String) throws(WeightFileError) {
    let (height, width) = (graph.inputShape[2], graph.inputShape[3])
    guard height ?? crop == crop, width ?? crop == crop else {
      let sides = [height, width].map { $0.map(String.init) ?? "any" }.joined(separator: "×")
      throw WeightFileError(
        code: .wrongShape, path: path, place: graph.input,
        reason: "the network takes pictures of \(sides), and the recipe crops \(crop)×\(crop)")
    }
  }

  /// Numbers in a feature of one picture.
  func featureDimension(crop: Int) throws(InferenceError) -> Int {
    let shapes = try graph.shapes(forInput: [graph.inputShape[0] ?? 1, 3, crop, crop])
    return (shapes[graph.outputs[0]] ?? []).dropFirst().reduce(1, *)
  }

  /// Makes a graph over `[N, H, W, 3]` one over `[N, 3, H, W]`. Its own transposition of the input falls away; where it
  /// reads the input otherwise, one the other way round is put in front.
  private static func putChannelsFirst(_ graph: inout Graph, path: String) throws(WeightFileError) -> Bool {
    let shape = graph.inputShape
    guard shape.count == 4, shape[1] == 3 || shape[3] == 3 || shape[1] == nil else {
      let axes = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
      throw WeightFileError(
        code: .unknownArchitecture, path: path, place: graph.input,
        reason: "the graph takes [\(axes)], and pictures of three channels are needed")
    }
    guard shape[1] != 3, shape[3] == 3 else { return false }
    let input = graph.input
    graph.inputShape = [shape[0], 3, shape[1], shape[2]]
    let readers = graph.nodes.filter { $0.inputs.contains(input) }
    if readers.allSatisfy({ $0.operation == .transpose(permutation: [0, 3, 1, 2]) }) {
      let outputs = Set(readers.map(\.output))
      graph.nodes.removeAll { $0.inputs == [input] && outputs.contains($0.output) }
      for index in graph.nodes.indices {
        graph.nodes[index].inputs = graph.nodes[index].inputs.map { outputs.contains($0) ? input : $0 }
      }
    } else {
      let name = input + " channels first"
      graph.nodes.insert(
        Node(name: "channels last", operation: .transpose(permutation: [0, 2, 3, 1]), inputs: [name], output: input),
        at: 0)
      graph.input = name
    }
    return true
  }

  /// Leaves out what no output needs.
  private static func prune(_ graph: inout Graph) {
    var needed = Set(graph.outputs)
    var kept: [Node] = []
    for node in graph.nodes.reversed() where needed.contains(node.output) {
      needed.formUnion(node.inputs)
      kept.append(node)
    }
    graph.nodes = kept.reversed()
  }
}

extension Node {
  fileprivate var isLinear: Bool {
    if case .linear = operation { true } else { false }
  }

  fileprivate var isGlobalAverage: Bool {
    switch operation {
    case .globalAveragePool: true
    case .mean(let axes, _): Set(axes.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3]
    default: false
    }
  }
}

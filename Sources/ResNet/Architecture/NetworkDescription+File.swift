import Inference

extension NetworkDescription {
  /// Describes the network in a weight file.
  ///
  /// A safetensors file gives the stages of its architecture. An ONNX file is a graph without stages; its operations are
  /// grouped by the size of the maps that they give.
  /// - Parameters:
  ///   - path: a safetensors or ONNX file.
  ///   - inputSize: side of the square picture; the network's own, or 224, when `nil`.
  public init(weightFile path: String, inputSize: Int? = nil) throws {
    switch try WeightFileFormat(of: path) {
    case .safetensors:
      self = try NetworkFile(SafetensorsFile(contentsOf: path)).spec.describe(inputSize: inputSize)
    case .onnx:
      let features = try FeatureGraph(ONNXImporter.graph(contentsOf: path), path: path)
      let side = inputSize ?? features.graph.inputShape[2] ?? 224
      try features.checkInputSize(side, path: path)
      self = try NetworkDescription(features.graph.optimized(), name: path, side: side)
    }
  }

  private init(_ graph: Graph, name: String, side: Int) throws {
    let shape = [1, 3, side, side]
    let shapes = try graph.shapes(forInput: shape)
    let costs = Dictionary(
      try graph.multiplyAdds(forInput: shape).map { ($0.node, $0.multiplyAdds) }, uniquingKeysWith: +)
    var stages: [Stage] = []
    var layers = 0
    for node in graph.nodes {
      let output = shapes[node.output] ?? shape
      let height = output.count == 4 ? output[2] : 1
      let width = output.count == 4 ? output[3] : 1
      let channels = output.count > 1 ? output[1] : 1
      if stages.last.map({ $0.outputHeight != height || $0.outputWidth != width }) ?? true {
        stages.append(
          Stage(
            name: "\(height)×\(width)", outputHeight: height, outputWidth: width, outputChannels: channels, blocks: [],
            parameters: 0, multiplyAdds: 0))
      }
      let last = stages.count - 1
      stages[last].outputChannels = channels
      stages[last].multiplyAdds += costs[node.name] ?? 0
      stages[last].parameters +=
        Graph(input: graph.input, inputShape: graph.inputShape, nodes: [node], outputs: []).parameterCount
      switch node.operation {
      case .convolution:
        layers += 1
        stages[last].blocks.append("convolution")
      case .linear:
        layers += 1
        stages[last].blocks.append("fully connected")
      default: continue
      }
    }
    for index in stages.indices {
      let counts = Dictionary(stages[index].blocks.map { ($0, 1) }, uniquingKeysWith: +)
      stages[index].blocks = counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    }
    self.init(
      name: name, layers: layers, inputHeight: side, inputWidth: side,
      featureDimension: (shapes[graph.outputs[0]] ?? []).dropFirst().reduce(1, *), shortcut: "as the graph has them",
      stages: stages)
  }
}

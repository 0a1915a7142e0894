import Inference

/// What a network is made of, stage by stage, as in table 1 of the paper; every figure is computed from its graph.
public struct NetworkDescription: Sendable, Equatable, Codable {
  /// A row of the table.
  public struct Stage: Sendable, Equatable, Codable {
    /// `conv1`, `conv2_x`, …, `classifier`.
    public var name: String
    /// Rows and columns of what comes out.
    public var outputHeight: Int
    public var outputWidth: Int
    /// Channels of what comes out, or the classifier's outputs.
    public var outputChannels: Int
    /// Layers in the paper's notation: `7×7, 64, stride 2` or `[3×3, 64; 3×3, 64] × 2`.
    public var blocks: [String]
    /// Trained numbers, without the running statistics of batch normalisation.
    public var parameters: Int
    /// Multiplications with an addition each, of convolutions and fully connected layers, for one picture.
    public var multiplyAdds: Int
  }

  public var name: String
  /// Weight layers on the main path.
  public var layers: Int
  /// Rows and columns of the picture that goes in.
  public var inputHeight: Int
  public var inputWidth: Int
  /// Numbers in the pooled feature.
  public var featureDimension: Int
  /// How shortcuts are made, in words.
  public var shortcut: String
  public var stages: [Stage]
  public var parameters: Int { stages.reduce(0) { $0 + $1.parameters } }
  public var multiplyAdds: Int { stages.reduce(0) { $0 + $1.multiplyAdds } }
}

extension ResNetSpec {
  /// The network's stages with their sizes and costs.
  /// - Parameter inputSize: side of the square picture; the paper's when `nil`.
  /// - Throws: `InferenceError` where the spec contradicts itself or the picture is too small.
  public func describe(inputSize: Int? = nil) throws -> NetworkDescription {
    let side = inputSize ?? self.inputSize
    let graph = try graph(weights: ZeroWeights())
    let shape = [1, 3, side, side]
    let shapes = try graph.shapes(forInput: shape)
    let costs = try graph.multiplyAdds(forInput: shape)
    let multiplyAdds = Dictionary(costs.map { ($0.node, $0.multiplyAdds) }, uniquingKeysWith: +)

    var groups: [(name: String, nodes: [Node])] = []
    for node in graph.nodes {
      let name = Self.stageName(of: node.name)
      if groups.last?.name == name {
        groups[groups.count - 1].nodes.append(node)
      } else {
        groups.append((name, [node]))
      }
    }
    let stages = groups.map { group in
      let output = group.nodes.last.flatMap { shapes[$0.output] } ?? shape
      return NetworkDescription.Stage(
        name: group.name, outputHeight: output.count == 4 ? output[2] : 1,
        outputWidth: output.count == 4 ? output[3] : 1, outputChannels: output[1],
        blocks: Self.blocks(of: group.nodes),
        parameters: Graph(input: graph.input, inputShape: graph.inputShape, nodes: group.nodes, outputs: [])
          .parameterCount,
        multiplyAdds: group.nodes.reduce(0) { $0 + (multiplyAdds[$1.name] ?? 0) })
    }
    let layers = graph.nodes.count { node in
      switch node.operation {
      case .convolution: !node.name.contains("downsample")
      case .linear: true
      default: false
      }
    }
    return NetworkDescription(
      name: name, layers: layers, inputHeight: side, inputWidth: side,
      featureDimension: shapes["flatten"]?.last ?? 0, shortcut: shortcut.words, stages: stages)
  }

  /// The paper counts the max pool to the first stage of blocks.
  private static func stageName(of node: String) -> String {
    if node == "maxpool" { return "conv2_x" }
    guard node.hasPrefix("layer"), let digits = node.dropFirst(5).split(separator: ".").first, let number = Int(digits)
    else { return ["avgpool", "flatten", "fc"].contains(node) ? "classifier" : "conv1" }
    return "conv\(number + 1)_x"
  }

  /// Blocks of a stage in the paper's notation, equal neighbours counted.
  private static func blocks(of nodes: [Node]) -> [String] {
    var texts: [String] = []
    var residual: [(unit: String, layers: [String])] = []
    for node in nodes {
      let unit = node.name.split(separator: ".").prefix(2).joined(separator: ".")
      switch node.operation {
      case .convolution(let convolution) where node.name.contains("."):
        if node.name.contains("downsample") { continue }
        if residual.last?.unit != unit { residual.append((unit, [])) }
        residual[residual.count - 1].layers.append(convolution.summary)
      case .convolution(let convolution):
        let stride = convolution.stride.height
        texts.append(convolution.summary + (stride > 1 ? ", stride \(stride)" : ""))
      case .maxPool(let pooling):
        texts.append("\(pooling.kernel.height)×\(pooling.kernel.width) max pool, stride \(pooling.stride.height)")
      case .globalAveragePool: texts.append("average pool")
      case .linear(let linear): texts.append("\(linear.weights.shape[0])-d fully connected")
      default: continue
      }
    }
    var runs: [(text: String, count: Int)] = []
    for block in residual.map({ "[\($0.layers.joined(separator: "; "))]" }) {
      if runs.last?.text == block { runs[runs.count - 1].count += 1 } else { runs.append((block, 1)) }
    }
    return texts + runs.map { "\($0.text) × \($0.count)" }
  }
}

extension Convolution {
  /// `3×3, 64`.
  fileprivate var summary: String { "\(weights.shape[2])×\(weights.shape[3]), \(weights.shape[0])" }
}

extension ResNetSpec.Shortcut {
  /// What the paper calls it.
  public var words: String {
    switch self {
    case .none: "none (plain network)"
    case .identity: "identity, zero-padded where dimensions grow (option A)"
    case .projectionWhereNeeded: "projection where dimensions grow, identity elsewhere (option B)"
    case .projectionEverywhere: "projection everywhere (option C)"
    }
  }
}

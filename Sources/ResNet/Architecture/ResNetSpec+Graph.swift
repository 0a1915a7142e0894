import Inference

extension ResNetSpec {
  /// The network with weights from `weights`, from images `[N, 3, H, W]` to one output: class scores `[N, classes]`
  /// before any softmax, or the pooled features `[N, features]` where there is no classifier.
  ///
  /// Nodes have torchvision's names (`conv1`, `layer1.0.conv1`, `fc`), and a node's output has the node's name.
  ///
  /// - Throws: `InferenceError` where the spec contradicts itself, and whatever `weights` throws.
  public func graph(weights: some WeightSource) throws -> Graph {
    try validate()
    var builder = GraphBuilder(source: weights)
    var value = try builder.stem(stem, filters: stemFilters)
    var channels = stemFilters
    for (stage, (depth, width)) in zip(depths, filters).enumerated() {
      for index in 0..<depth {
        let unit = ResidualUnit(
          name: "layer\(stage + 1).\(index)", block: block, inputs: channels, filters: width,
          stride: stage > 0 && index == 0 ? 2 : 1, shortcut: shortcut, bottleneckStride: bottleneckStride)
        value = try builder.residualUnit(unit, input: value)
        channels = unit.outputs
      }
    }
    value = builder.append("avgpool", .globalAveragePool, [value])
    value = builder.append("flatten", .flatten, [value])
    if let classCount {
      value = try builder.linear("fc", input: value, inputs: channels, outputs: classCount)
    }
    return Graph(input: "input", inputShape: [nil, 3, nil, nil], nodes: builder.nodes, outputs: [value])
  }

  /// The network with He initialisation, the same for the same seed.
  public func graph(randomSeed: UInt64) throws -> Graph {
    try graph(weights: HeInitialization(seed: randomSeed))
  }

  /// Specs can come from files: sizes are bounded before anything is computed from them.
  func validate() throws(InferenceError) {
    func fail(_ reason: String) -> InferenceError { InferenceError(code: .invalidGraph, place: name, reason: reason) }
    guard depths.count == filters.count, (1...16).contains(depths.count) else {
      throw fail("\(depths.count) depths and \(filters.count) filter counts do not describe 1 to 16 stages")
    }
    guard depths.allSatisfy({ (1...10_000).contains($0) }) else { throw fail("a stage must have 1 to 10,000 blocks") }
    guard (filters + [stemFilters]).allSatisfy({ (1...65_536).contains($0) }) else {
      throw fail("filter counts must be 1 to 65,536")
    }
    guard classCount.map((1...10_000_000).contains) ?? true else { throw fail("class count out of range") }
  }
}

/// One block of a stage with its shortcut.
private struct ResidualUnit {
  var name: String
  var block: ResNetSpec.Block
  var inputs: Int
  var filters: Int
  var stride: Int
  var shortcut: ResNetSpec.Shortcut
  var bottleneckStride: ResNetSpec.BottleneckStride

  var outputs: Int { filters * block.expansion }
  var changesShape: Bool { stride != 1 || inputs != outputs }

  /// Kernel side, filters and stride of each convolution.
  var convolutions: [(kernel: Int, filters: Int, stride: Int)] {
    switch block {
    case .basic: [(3, filters, stride), (3, filters, 1)]
    case .bottleneck where bottleneckStride == .pointwise: [(1, filters, stride), (3, filters, 1), (1, outputs, 1)]
    case .bottleneck: [(1, filters, 1), (3, filters, stride), (1, outputs, 1)]
    }
  }
}

/// Collects nodes while it reads weights.
private struct GraphBuilder<Source: WeightSource> {
  var source: Source
  var nodes: [Node] = []

  init(source: Source) {
    self.source = source
  }

  mutating func append(_ name: String, _ operation: Operation, _ inputs: [String]) -> String {
    nodes.append(Node(name: name, operation: operation, inputs: inputs, output: name))
    return name
  }

  mutating func stem(_ stem: ResNetSpec.Stem, filters: Int) throws -> String {
    let large = stem == .imageNet
    var value = try convolution(
      "conv1", input: "input", inputs: 3, outputs: filters, kernel: large ? 7 : 3, stride: large ? 2 : 1)
    value = try normalization("bn1", input: value, channels: filters)
    value = append("relu", .relu, [value])
    guard large else { return value }
    let pooling = Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: 1))
    return append("maxpool", .maxPool(pooling), [value])
  }

  mutating func residualUnit(_ unit: ResidualUnit, input: String) throws -> String {
    var value = input
    var channels = unit.inputs
    for (index, layer) in unit.convolutions.enumerated() {
      let number = index + 1
      value = try convolution(
        "\(unit.name).conv\(number)", input: value, inputs: channels, outputs: layer.filters, kernel: layer.kernel,
        stride: layer.stride)
      value = try normalization("\(unit.name).bn\(number)", input: value, channels: layer.filters)
      channels = layer.filters
      if number < unit.convolutions.count { value = append("\(unit.name).relu\(number)", .relu, [value]) }
    }
    if let shortcut = try shortcut(unit, input: input) {
      value = append("\(unit.name).add", .add, [value, shortcut])
    }
    return append("\(unit.name).relu\(unit.convolutions.count)", .relu, [value])
  }

  /// The value that is added to a block's result; `nil` in plain networks.
  private mutating func shortcut(_ unit: ResidualUnit, input: String) throws -> String? {
    switch unit.shortcut {
    case .none: return nil
    case .identity:
      guard unit.changesShape else { return input }
      return append(
        "\(unit.name).shortcut", .subsampleAndPadChannels(stride: unit.stride, channels: unit.outputs), [input])
    case .projectionWhereNeeded, .projectionEverywhere:
      guard unit.changesShape || unit.shortcut == .projectionEverywhere else { return input }
      let value = try convolution(
        "\(unit.name).downsample.0", input: input, inputs: unit.inputs, outputs: unit.outputs, kernel: 1,
        stride: unit.stride)
      return try normalization("\(unit.name).downsample.1", input: value, channels: unit.outputs)
    }
  }

  mutating func convolution(
    _ name: String, input: String, inputs: Int, outputs: Int, kernel: Int, stride: Int
  ) throws -> String {
    let shape = [outputs, inputs, kernel, kernel]
    let weights = Tensor(
      shape: shape, values: try source.values(named: name + ".weight", shape: shape, role: .convolution))
    let convolution = Convolution(
      weights: weights, stride: Size2D(stride, stride), padding: Padding2D(all: kernel / 2))
    return append(name, .convolution(convolution), [input])
  }

  mutating func normalization(_ name: String, input: String, channels: Int) throws -> String {
    let normalization = BatchNormalization(
      scale: try source.values(named: name + ".weight", shape: [channels], role: .normalizationScale),
      shift: try source.values(named: name + ".bias", shape: [channels], role: .normalizationShift),
      mean: try source.values(named: name + ".running_mean", shape: [channels], role: .runningMean),
      variance: try source.values(named: name + ".running_var", shape: [channels], role: .runningVariance))
    return append(name, .batchNormalization(normalization), [input])
  }

  mutating func linear(_ name: String, input: String, inputs: Int, outputs: Int) throws -> String {
    let shape = [outputs, inputs]
    let weights = Tensor(shape: shape, values: try source.values(named: name + ".weight", shape: shape, role: .linear))
    let bias = try source.values(named: name + ".bias", shape: [outputs], role: .linearBias)
    return append(name, .linear(Linear(weights: weights, bias: bias)), [input])
  }
}

extension Graph {
  /// Without the nodes whose output nobody reads.
  func removingDeadNodes() -> Graph {
    var wanted = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where wanted.contains(node.output) {
      kept.append(node)
      wanted.formUnion(node.inputs)
    }
    var graph = self
    graph.nodes = kept.reversed()
    return graph
  }

  /// Without the nodes that change nothing: ReLU of what is not negative, empty padding, windows of one element,
  /// scales of one with shifts of zero, a second flatten.
  func removingIdentities() -> Graph {
    let nonNegative = nonNegativeValues
    let ranks = ranks
    var renames: [String: String] = [:]
    var graph = self
    graph.nodes = nodes.filter { node in
      guard let input = node.inputs.first else { return true }
      let isIdentity =
        switch node.operation {
        case .relu: nonNegative.contains(input)
        case .pad(let padding, _): padding.isZero
        case .maxPool(let pooling), .averagePool(let pooling):
          pooling.kernel == Size2D(1, 1) && pooling.stride == Size2D(1, 1) && pooling.padding.isZero
        case .channelAffine(let scale, let shift):
          scale.allSatisfy { $0 == 1 } && shift.allSatisfy { $0 == 0 }
        case .transpose(let permutation): permutation == Array(permutation.indices)
        case .flatten: ranks[input] == 2
        case .reshape(let shape): shape.allSatisfy { $0 == 0 } && ranks[input] == shape.count
        case .convolution, .batchNormalization, .globalAveragePool, .add, .linear, .softmax, .mean,
          .subsampleAndPadChannels:
          false
        }
      if isIdentity { renames[node.output] = input }
      return !isIdentity
    }
    return graph.reading(renames)
  }
}

// What the passes ask about values.
extension Graph {
  /// How often every value is read, by nodes and as an output.
  var readCounts: [String: Int] {
    var counts: [String: Int] = [:]
    for node in nodes {
      for name in node.inputs { counts[name, default: 0] += 1 }
    }
    for name in outputs { counts[name, default: 0] += 1 }
    return counts
  }

  /// Values that are at least zero whatever is fed.
  var nonNegativeValues: Set<String> {
    var known: Set<String> = []
    for node in nodes {
      let inherits = node.inputs.allSatisfy(known.contains)
      let isNonNegative =
        switch node.operation {
        case .relu, .softmax: true
        case .convolution(let convolution): convolution.fusesReLU
        case .maxPool, .averagePool, .globalAveragePool, .add, .flatten, .reshape, .transpose, .mean: inherits
        case .subsampleAndPadChannels: inherits
        case .pad(_, let value): inherits && value >= 0
        case .batchNormalization, .channelAffine, .linear: false
        }
      if isNonNegative { known.insert(node.output) }
    }
    return known
  }

  /// The number of axes of every value, which no size of input changes.
  var ranks: [String: Int] {
    var ranks = [input: inputShape.count]
    for node in nodes {
      let rank = ranks[node.inputs[0], default: 0]
      ranks[node.output] =
        switch node.operation {
        case .reshape(let shape): shape.count
        case .flatten, .linear: 2
        case .mean(let axes, false): rank - (Operation.normalizedAxes(axes, rank: rank)?.count ?? 0)
        default: rank
        }
    }
    return ranks
  }

  /// Renames the values that nodes and outputs read.
  func reading(_ renames: [String: String]) -> Graph {
    guard !renames.isEmpty else { return self }
    func final(_ name: String) -> String {
      var name = name
      // Renames never lead in a circle: each leads to a value that is defined earlier.
      while let next = renames[name] { name = next }
      return name
    }
    var graph = self
    for index in graph.nodes.indices { graph.nodes[index].inputs = graph.nodes[index].inputs.map(final) }
    graph.outputs = graph.outputs.map(final)
    return graph
  }
}

extension Graph {
  /// With a mean over H and W turned into global average pooling, which the libraries have kernels for.
  func foldingMeans() -> Graph {
    let ranks = ranks
    var taken = Set(nodes.map(\.output)).union([input])
    var graph = self
    graph.nodes = nodes.flatMap { node -> [Node] in
      guard case .mean(let axes, let keepsAxes) = node.operation, ranks[node.inputs[0]] == 4,
        Operation.normalizedAxes(axes, rank: 4) == [2, 3]
      else { return [node] }
      var pool = node
      pool.operation = .globalAveragePool
      if keepsAxes { return [pool] }
      pool.output = Graph.unusedName(node.output + "/pooled", &taken)
      return [pool, Node(name: node.name, operation: .flatten, inputs: [pool.output], output: node.output)]
    }
    return graph
  }

  /// The wanted name, or one like it that no value has; taken from now on.
  static func unusedName(_ wanted: String, _ taken: inout Set<String>) -> String {
    var name = wanted
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(wanted)/\(number)"
      number += 1
    }
    return name
  }
}

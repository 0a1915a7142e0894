extension Graph {
  /// With ReLU and residual additions done by the convolution before them, while its output is still in the cache.
  ///
  /// Only where nobody else reads the convolution's output. A convolution that takes an addition over moves to the
  /// addition's place, where the other operand is there.
  func fusingConvolutions() -> Graph {
    var fusion = ConvolutionFusion(reads: readCounts)
    for node in nodes { fusion.append(node) }
    var graph = self
    graph.nodes = fusion.nodes.compactMap { $0 }
    return graph
  }
}

private struct ConvolutionFusion {
  let reads: [String: Int]
  /// `nil` where a convolution has moved away.
  var nodes: [Node?] = []
  private var producers: [String: Int] = [:]

  init(reads: [String: Int]) { self.reads = reads }

  mutating func append(_ node: Node) {
    switch node.operation {
    case .relu: if fuseReLU(node) { return }
    case .add: if fuseAdd(node) { return }
    default: break
    }
    producers[node.output] = nodes.count
    nodes.append(node)
  }

  /// The convolution that gives a value which is read once only, unless it clamps already.
  private func fusible(_ name: String) -> (index: Int, node: Node, convolution: Convolution)? {
    guard reads[name] == 1, let index = producers[name], let node = nodes[index],
      case .convolution(let convolution) = node.operation, !convolution.fusesReLU
    else { return nil }
    return (index, node, convolution)
  }

  private mutating func fuseReLU(_ relu: Node) -> Bool {
    guard let found = fusible(relu.inputs[0]) else { return false }
    var (node, convolution) = (found.node, found.convolution)
    convolution.fusesReLU = true
    node.operation = .convolution(convolution)
    node.output = relu.output
    nodes[found.index] = node
    producers[relu.output] = found.index
    return true
  }

  private mutating func fuseAdd(_ add: Node) -> Bool {
    // The later of two convolutions: what the other gives is used soonest.
    let candidates = add.inputs.indices.compactMap { position in
      fusible(add.inputs[position]).map { (position: position, found: $0) }
    }
    .filter { !$0.found.convolution.fusesAdd }
    guard let (position, found) = candidates.max(by: { $0.found.index < $1.found.index }) else { return false }
    var (node, convolution) = (found.node, found.convolution)
    convolution.fusesAdd = true
    node.operation = .convolution(convolution)
    node.inputs.append(add.inputs[1 - position])
    node.output = add.output
    nodes[found.index] = nil
    producers[add.output] = nodes.count
    nodes.append(node)
    return true
  }
}

/// What one node costs.
public struct NodeCost: Sendable, Equatable {
  /// The node's name.
  public var node: String
  /// Multiplications with an addition each, for the whole batch.
  public var multiplyAdds: Int
}

extension Graph {
  /// Multiply-adds of every convolution and linear layer, in the graph's order; other operations are not counted,
  /// as in the ResNet paper (He et al. 2015, table 1).
  /// - Parameter shape: the input's shape, batch included.
  /// - Throws: as ``shapes(forInput:)``, and `shapeMismatch` where a count does not fit in `Int`.
  public func multiplyAdds(forInput shape: [Int]) throws(InferenceError) -> [NodeCost] {
    let shapes = try shapes(forInput: shape)
    var costs: [NodeCost] = []
    for node in nodes {
      let perOutput: ArraySlice<Int>
      switch node.operation {
      case .convolution(let convolution): perOutput = convolution.weights.shape.dropFirst()
      case .linear(let linear): perOutput = linear.weights.shape.dropFirst()
      default: continue
      }
      guard let output = shapes[node.output], let count = (output + perOutput).checkedProduct else {
        throw InferenceError(code: .shapeMismatch, place: node.name, reason: "the multiply-adds overflow")
      }
      costs.append(NodeCost(node: node.name, multiplyAdds: count))
    }
    return costs
  }

  /// Trained numbers: weights and biases of convolutions and linear layers, scales and shifts of normalisations.
  /// Means and variances are statistics and don't count.
  public var parameterCount: Int {
    nodes.reduce(0) { count, node in
      switch node.operation {
      case .convolution(let convolution): count + convolution.weights.values.count + (convolution.bias?.count ?? 0)
      case .linear(let linear): count + linear.weights.values.count + (linear.bias?.count ?? 0)
      case .batchNormalization(let normalization): count + normalization.scale.count + normalization.shift.count
      case .channelAffine(let scale, let shift): count + scale.count + shift.count
      default: count
      }
    }
  }
}

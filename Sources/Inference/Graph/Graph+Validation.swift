extension Graph {
  /// Checks everything that does not depend on the input's size: each value is defined once and before it is read,
  /// operations get as many inputs as they need, and weights, biases and windows don't contradict themselves.
  /// - Throws: `invalidGraph`, with the name of the node at fault.
  public func validate() throws(InferenceError) {
    func invalid(_ place: String?, _ reason: String) -> InferenceError {
      InferenceError(code: .invalidGraph, place: place, reason: reason)
    }
    guard nodes.count <= SizeLimit.nodes else {
      throw invalid(nil, "the graph has \(nodes.count) nodes; at most \(SizeLimit.nodes) are possible")
    }
    guard (2...SizeLimit.rank).contains(inputShape.count), inputShape.allSatisfy({ $0 == nil || $0! >= 1 }) else {
      throw invalid(input, "the graph's input shape has too few or too many axes, or an axis below 1")
    }
    guard !outputs.isEmpty else { throw invalid(nil, "the graph has no outputs") }

    var defined: Set<String> = [input]
    for node in nodes {
      guard node.inputs.count == node.operation.inputCount else {
        throw invalid(
          node.name, "\(node.operation.label) takes \(node.operation.inputCount) inputs but has \(node.inputs.count)")
      }
      for name in node.inputs where !defined.contains(name) {
        throw invalid(node.name, "reads the value \"\(name)\", which no earlier node gives")
      }
      guard defined.insert(node.output).inserted else {
        throw invalid(node.name, "gives the value \"\(node.output)\", which exists already")
      }
      if let reason = node.operation.contradiction {
        throw invalid(node.name, "\(node.operation.label): \(reason)")
      }
    }
    for name in outputs where !defined.contains(name) {
      throw invalid(nil, "the output \"\(name)\" is given by no node")
    }
  }
}

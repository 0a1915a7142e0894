extension Graph {
  /// With a batch of any size where the file fixes one, as exporters do that trace a single image: such a graph would
  /// have to run one image at a time.
  ///
  /// Images never mix (``shapes(forInput:)`` sees to that), so only reshapes that name the batch's size stand in the
  /// way. Where the input's other axes are not known, it can't be told whether they all do, and the graph stays.
  func freeingBatch() -> Graph {
    guard let fixed = inputShape.first ?? nil else { return self }
    let image = inputShape.dropFirst().compactMap { $0 }
    guard image.count == inputShape.count - 1, (try? shapes(forInput: [fixed] + image)) != nil else { return self }
    var graph = self
    graph.inputShape[0] = nil
    for (index, node) in nodes.enumerated() {
      if case .reshape(var shape) = node.operation, shape[0] == fixed {
        shape[0] = 0
        graph.nodes[index].operation = .reshape(shape)
      }
    }
    // A size that no fixed one is a multiple of.
    let isFree = (try? graph.shapes(forInput: [2 * fixed + 1] + image)) != nil
    return isFree ? graph : self
  }
}

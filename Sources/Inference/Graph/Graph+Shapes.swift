extension Graph {
  /// The shape of every value, by name, for an input of a given shape.
  ///
  /// Axis 0 is the batch and stays so in every value.
  /// - Parameter shape: the input's shape; each axis at least 1.
  /// - Throws: `invalidGraph` as ``validate()`` does, or `shapeMismatch` with the name of the node that does not fit.
  public func shapes(forInput shape: [Int]) throws(InferenceError) -> [String: [Int]] {
    try validate()
    try checkInput(shape)
    var shapes = [input: shape]
    shapes.reserveCapacity(nodes.count + 1)
    for node in nodes {
      // Validated: every input is defined before.
      let inputs = node.inputs.compactMap { shapes[$0] }
      let output = try node.operation.outputShape(for: inputs, place: node.name)
      try Graph.checkSize(output, place: node.name)
      shapes[node.output] = output
    }
    return shapes
  }

  private func checkInput(_ shape: [Int]) throws(InferenceError) {
    let fits =
      shape.count == inputShape.count
      && zip(shape, inputShape).allSatisfy { size, wanted in size >= 1 && (wanted == nil || wanted == size) }
    guard fits else {
      let wanted = inputShape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
      throw InferenceError(
        code: .shapeMismatch, place: input, reason: "the network takes an input of [\(wanted)] but gets \(shape)")
    }
    try Graph.checkSize(shape, place: input)
  }

  private static func checkSize(_ shape: [Int], place: String) throws(InferenceError) {
    let perImage = shape.dropFirst().checkedProduct
    let whole = shape.checkedProduct
    guard let perImage, let whole, perImage <= SizeLimit.elementsPerImage, whole <= SizeLimit.elements else {
      throw InferenceError(code: .shapeMismatch, place: place, reason: "a value of shape \(shape) is too large")
    }
  }
}

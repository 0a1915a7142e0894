import Inference

extension ONNXGraphBuilder {
  mutating func flatten(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let given = try node.integer("axis") ?? 1
    let axis = given == rank ? rank : try normalized([given], rank: rank)[0]
    // [N, 1, C] flattened at 2 is [N, C] as well.
    guard axis >= 1, input.shape[1..<axis].allSatisfy({ $0 == .known(1) }) else {
      throw ONNXFault.unsupported("at axis \(given) of \(input.shape.text); Kindred keeps an image's row apart")
    }
    let length = checkedProduct(input.shape[1...].map { $0.size ?? -1 })
    try bindReshape(node, input, to: [input.shape[0], length.map(ONNXDimension.known) ?? .unknown])
  }

  mutating func reshape(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    guard let target = try constant(node, 1)?.integers else { throw ONNXFault.damaged("the new shape is missing") }
    guard target.count <= 8 else { throw ONNXFault.unsupported("to \(target.count) axes") }
    let resolved = try resolve(target, of: input.shape, zeroCopies: !node.flag("allowzero"))
    try bindReshape(node, input, to: resolved)
  }

  mutating func squeeze(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let rank = input.shape.count
    let given = opset < 13 ? try node.integers("axes") : try integers(node, input: 1)
    let axes = try given.map { axes throws(WeightFileError) in try normalized(axes, rank: rank) }
    for axis in axes ?? [] where !input.shape[axis].agrees(with: .known(1)) || axis == 0 {
      throw ONNXFault.unsupported("of axis \(axis) of \(input.shape.text)")
    }
    let shape = input.shape.indices.filter { axis in
      axes.map { !$0.contains(axis) } ?? (input.shape[axis] != .known(1))
    }.map { input.shape[$0] }
    try bindReshape(node, input, to: shape)
  }

  mutating func unsqueeze(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let given = opset < 13 ? try node.integers("axes") : try integers(node, input: 1)
    let axes = try normalized(given ?? [], rank: input.shape.count + (given?.count ?? 0))
    guard !axes.contains(0), input.shape.count + axes.count <= 8 else {
      throw ONNXFault.unsupported("at axes \(axes) of \(input.shape.text)")
    }
    var shape = input.shape
    for axis in axes.sorted() { shape.insert(.known(1), at: axis) }
    try bindReshape(node, input, to: shape)
  }

  /// The shape that a target with 0 for "as it is" and -1 for "what is left" asks for.
  func resolve(
    _ target: [ONNXDimension], of shape: [ONNXDimension], zeroCopies: Bool
  ) throws(WeightFileError) -> [ONNXDimension] {
    var result = target
    var rest: Int?
    for (index, dimension) in target.enumerated() {
      switch dimension {
      case .known(0) where zeroCopies:
        guard index < shape.count else { throw ONNXFault.damaged("to \(target.text), from \(shape.text)") }
        result[index] = shape[index]
      case .known(-1), .unknown:
        // A size that only shows when the network runs is what the others leave as well.
        guard rest == nil else { throw ONNXFault.unsupported("to \(target.text): two axes are open") }
        rest = index
      case .known(let size):
        guard size > 0 else { throw ONNXFault.damaged("to \(target.text)") }
        // The number of images that the file fixed is free here.
        if index == 0, shape.first == .batch, size == declaredBatch { result[index] = .batch }
      case .batch: break
      }
    }
    let others = result.indices.filter { $0 != rest }.map { result[$0] }
    let images = shape.count { $0 == .batch } - others.count { $0 == .batch }
    let isOpen = shape.contains(.unknown) || others.contains(.unknown)
    guard let size = checkedProduct(shape.map { $0.size ?? 1 }), let used = checkedProduct(others.map { $0.size ?? 1 }),
      used > 0, (0...1).contains(images)
    else { throw ONNXFault.unsupported("from \(shape.text) to \(target.text)") }
    if let rest {
      if isOpen {
        result[rest] = .unknown
      } else if images == 1, size == used {
        result[rest] = .batch
      } else if images == 0, size % used == 0 {
        result[rest] = .known(size / used)
      } else {
        throw ONNXFault.unsupported("from \(shape.text) to \(target.text): it mixes images of a batch")
      }
    } else if !isOpen, images != 0 || size != used {
      throw ONNXFault.wrongShape("\(shape.text) does not fit into \(target.text)")
    }
    return result
  }

  /// Gives a value the shape that a node asks for, under the node's output name.
  mutating func bindReshape(
    _ node: ONNXNode, _ value: ONNXValue, to shape: [ONNXDimension]
  ) throws(WeightFileError) {
    let source = beforeReshapes(value)
    if isSame(source.shape, shape) { return try alias(node, to: source) }
    try emit(
      node, reshapeOperation(from: source.shape, to: shape), [source], shape: shape, channelsLast: false)
  }

  mutating func emitReshape(
    _ node: ONNXNode, _ suffix: String, _ value: ONNXValue, to shape: [ONNXDimension]
  ) throws(WeightFileError) -> ONNXValue {
    let source = beforeReshapes(value)
    if isSame(source.shape, shape) { return source }
    return try emitStep(
      node, suffix, reshapeOperation(from: source.shape, to: shape), source, shape: shape, channelsLast: false)
  }

  /// Of several reshapes in a row only the last one counts.
  private func beforeReshapes(_ value: ONNXValue) -> ONNXValue {
    var value = value
    while let index = producers[value.name] {
      switch nodes[index].operation {
      case .flatten, .reshape: break
      default: return value
      }
      let name = nodes[index].inputs[0]
      guard let shape = shapes[name], !shape.contains(.unknown) else { return value }
      value = ONNXValue(name: name, shape: shape, channelsLast: false)
    }
    return value
  }

  private func isSame(_ left: [ONNXDimension], _ right: [ONNXDimension]) -> Bool {
    // With one open axis in the same place the product decides it.
    left == right && left.count { $0 == .unknown } <= 1
  }

  private func reshapeOperation(
    from source: [ONNXDimension], to shape: [ONNXDimension]
  ) throws(WeightFileError) -> Operation {
    if shape.count == 2, shape[0] == .batch, source[0] == .batch { return .flatten }
    var sizes: [Int] = []
    for (axis, dimension) in shape.enumerated() {
      switch dimension {
      case .known(let size): sizes.append(size)
      case .batch where axis == 0 && source.first == .batch: sizes.append(0)
      case .batch, .unknown: sizes.append(-1)
      }
    }
    guard sizes.count(where: { $0 == -1 }) <= 1 else {
      throw ONNXFault.unsupported("from \(source.text) to \(shape.text): two axes are open")
    }
    return .reshape(sizes)
  }
}

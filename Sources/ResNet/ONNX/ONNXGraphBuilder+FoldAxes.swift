// Operators that move the elements of constants.
extension ONNXGraphBuilder {
  mutating func reshape(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    guard let target = try self.constant(node, 1)?.integers, target.count <= 8 else {
      throw ONNXFault.damaged("the new shape is missing")
    }
    let shape = try resolve(
      target, of: constant.shape.map(ONNXDimension.known), zeroCopies: !node.flag("allowzero")
    ).compactMap(\.size)
    guard shape.count == target.count, checkedProduct(shape) == constant.count else {
      throw ONNXFault.unsupported("a constant of \(constant.shape) to \(target.text)")
    }
    return constant.reshaped(to: shape)
  }

  mutating func changeAxes(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    var shape = constant.shape
    if node.operatorName == "Flatten" {
      let axis = try node.integer("axis") ?? 1
      let split = axis == shape.count ? axis : try normalized([axis], rank: shape.count)[0]
      return constant.reshaped(to: [shape[..<split].reduce(1, *), shape[split...].reduce(1, *)])
    }
    let axes = try opset < 13 ? node.integers("axes") : integers(node, input: 1)
    if node.operatorName == "Unsqueeze" {
      guard let axes, shape.count + axes.count <= 8 else { throw ONNXFault.damaged("the axes are missing") }
      for axis in try normalized(axes, rank: shape.count + axes.count).sorted() { shape.insert(1, at: axis) }
    } else if let axes {
      for axis in try normalized(axes, rank: shape.count).sorted().reversed() {
        guard shape.remove(at: axis) == 1 else { throw ONNXFault.damaged("axis \(axis) of \(constant.shape)") }
      }
    } else {
      shape.removeAll { $0 == 1 }
    }
    return constant.reshaped(to: shape)
  }

  mutating func gather(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    let axis = try normalized([node.integer("axis") ?? 0], rank: constant.shape.count)[0]
    guard let picked = try self.constant(node, 1), let indices = try integers(node, input: 1) else {
      throw ONNXFault.damaged("the indices are missing")
    }
    let size = constant.shape[axis]
    guard indices.allSatisfy({ (-size..<size).contains($0) }) else {
      throw ONNXFault.damaged("an index of \(indices.prefix(8)) is outside of \(size)")
    }
    let shape = constant.shape[..<axis] + picked.shape + constant.shape[(axis + 1)...]
    guard shape.count <= 8 else { throw ONNXFault.unsupported("to \(shape.count) axes") }
    try allocate(checkedProduct(shape))
    let inner = constant.strides[axis]
    let outer = constant.shape[..<axis].reduce(1, *)
    var elements: [Int] = []
    for block in 0..<outer {
      for index in indices {
        let start = (block * size + (index < 0 ? index + size : index)) * inner
        elements.append(contentsOf: start..<(start + inner))
      }
    }
    return constant.picking(elements, shape: Array(shape))
  }

  mutating func slice(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    try allocate(constant.count)
    var axes = zip(constant.shape, constant.strides).map { ONNXConstant.Axis(count: $0, first: 0, stride: $1) }
    for range in try ONNXSlice.ranges(slice(of: node), rank: axes.count) {
      let walk = range.walk(size: constant.shape[range.axis])
      let stride = axes[range.axis].stride
      // A step past the end of an axis is never taken, so it may be shortened to what can be multiplied.
      let step = min(walk.step, constant.shape[range.axis] + 1)
      axes[range.axis] = ONNXConstant.Axis(count: walk.count, first: walk.first * stride, stride: step * stride)
    }
    let shape = axes.map(\.count)
    guard !shape.contains(0) else { return constant.picking([], shape: shape) }
    return constant.picking(ONNXConstant.indices(axes), shape: shape)
  }

  /// What a Slice node says, in attributes up to operator set 9.
  mutating func slice(of node: ONNXNode) throws(WeightFileError) -> ONNXSlice {
    let starts = try opset < 10 ? node.integers("starts") : integers(node, input: 1)
    let ends = try opset < 10 ? node.integers("ends") : integers(node, input: 2)
    guard let starts, let ends else { throw ONNXFault.damaged("starts or ends are missing") }
    return ONNXSlice(
      starts: starts, ends: ends, axes: try opset < 10 ? node.integers("axes") : integers(node, input: 3),
      steps: try opset < 10 ? nil : integers(node, input: 4))
  }

  mutating func concatenate(_ node: ONNXNode, _ all: [ONNXConstant]) throws(WeightFileError) -> ONNXConstant {
    guard let given = try node.integer("axis") else { throw ONNXFault.damaged("the axis is missing") }
    var shape = all[0].shape
    let axis = try normalized([given], rank: shape.count)[0]
    var total = 0
    for constant in all {
      var other = constant.shape
      guard other.count == shape.count else { throw ONNXFault.damaged("\(shape) and \(other)") }
      total += other[axis]
      other[axis] = shape[axis]
      guard other == shape else { throw ONNXFault.damaged("\(shape) and \(constant.shape)") }
    }
    shape[axis] = total
    try allocate(checkedProduct(shape))
    let outer = shape[..<axis].reduce(1, *)
    func joined<T>(_ parts: [[T]]) -> [T] {
      var result: [T] = []
      for block in 0..<outer {
        for part in parts {
          let length = part.count / outer
          result.append(contentsOf: part[(block * length)..<((block + 1) * length)])
        }
      }
      return result
    }
    let integers = all.compactMap(\.integers)
    if integers.count == all.count { return ONNXConstant(shape: shape, integers: joined(integers)) }
    let floats = all.compactMap(\.floats)
    guard integers.isEmpty, floats.count == all.count else {
      throw ONNXFault.damaged("of integers and floating-point numbers")
    }
    return ONNXConstant(shape: shape, floats: joined(floats))
  }
}

import Foundation

// Arithmetic of constants.
extension ONNXGraphBuilder {
  mutating func arithmetic(_ node: ONNXNode, _ all: [ONNXConstant]) throws(WeightFileError) -> ONNXConstant {
    guard all.count == 2 else { throw ONNXFault.damaged("of \(all.count) inputs") }
    let (left, right) = (all[0], all[1])
    let rank = max(left.shape.count, right.shape.count)
    let leftShape = [Int](repeating: 1, count: rank - left.shape.count) + left.shape
    let rightShape = [Int](repeating: 1, count: rank - right.shape.count) + right.shape
    var shape: [Int] = []
    for (one, other) in zip(leftShape, rightShape) {
      guard one == other || one == 1 || other == 1 else {
        throw ONNXFault.damaged("of \(left.shape) and \(right.shape)")
      }
      shape.append(one == 1 ? other : one)
    }
    try allocate(checkedProduct(shape).flatMap { checkedProduct([$0, 3]) })
    let leftIndices = indices(of: left, as: leftShape, over: shape)
    let rightIndices = indices(of: right, as: rightShape, over: shape)

    if let one = left.integers, let other = right.integers {
      var values: [ONNXDimension] = []
      for (index, otherIndex) in zip(leftIndices, rightIndices) {
        values.append(try integer(node, one[index], other[otherIndex]))
      }
      return ONNXConstant(shape: shape, integers: values)
    }
    guard let one = left.floats, let other = right.floats else {
      throw ONNXFault.unsupported("of a size that is not fixed")
    }
    let operation: (Float, Float) -> Float =
      switch node.operatorName {
      case "Add": { $0 + $1 }
      case "Sub": { $0 - $1 }
      case "Mul": { $0 * $1 }
      default: { $0 / $1 }
      }
    return try finite(shape, zip(leftIndices, rightIndices).map { operation(one[$0], other[$1]) })
  }

  mutating func unary(_ node: ONNXNode, _ constant: ONNXConstant) throws(WeightFileError) -> ONNXConstant {
    try allocate(constant.count)
    guard let values = constant.floats else { throw ONNXFault.unsupported("of a size that is not fixed") }
    if node.operatorName == "Neg", let integers = constant.integers {
      var result: [ONNXDimension] = []
      for value in integers { result.append(try integer(node, .known(0), value)) }
      return ONNXConstant(shape: constant.shape, integers: result)
    }
    let operation: (Float) -> Float =
      switch node.operatorName {
      case "Sqrt": { $0.squareRoot() }
      case "Reciprocal": { 1 / $0 }
      default: { -$0 }
      }
    return try finite(constant.shape, values.map(operation))
  }

  private func finite(_ shape: [Int], _ values: [Float]) throws(WeightFileError) -> ONNXConstant {
    guard values.allSatisfy(\.isFinite) else { throw ONNXFault.damaged("the result is no finite number") }
    return ONNXConstant(shape: shape, floats: values)
  }

  /// The elements that a constant shows when it is broadcast.
  private func indices(of constant: ONNXConstant, as aligned: [Int], over shape: [Int]) -> [Int] {
    guard !shape.contains(0) else { return [] }
    let strides = constant.reshaped(to: aligned).strides
    return ONNXConstant.indices(
      shape.indices.map { axis in
        ONNXConstant.Axis(count: shape[axis], first: 0, stride: aligned[axis] == 1 ? 0 : strides[axis])
      })
  }

  private func integer(
    _ node: ONNXNode, _ left: ONNXDimension, _ right: ONNXDimension
  ) throws(WeightFileError) -> ONNXDimension {
    if node.operatorName == "Mul" || node.operatorName == "Div", right == .known(1) { return left }
    if node.operatorName == "Mul", left == .known(1) { return right }
    guard let one = left.size, let other = right.size else { return .unknown }
    let (value, overflow) =
      switch node.operatorName {
      case "Add": one.addingReportingOverflow(other)
      case "Mul": one.multipliedReportingOverflow(by: other)
      case "Div": one.dividedReportingOverflow(by: other)
      default: one.subtractingReportingOverflow(other)
      }
    guard !overflow else { throw ONNXFault.damaged("of \(one) and \(other): out of range, or a division by zero") }
    return .known(value)
  }
}

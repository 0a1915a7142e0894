import Inference

extension ONNXGraphBuilder {
  /// Adds what a node computes when the network runs.
  mutating func convert(_ node: ONNXNode) throws(WeightFileError) {
    switch node.operatorName {
    case "Conv": try convolution(node)
    case "BatchNormalization": try batchNormalization(node)
    case "MaxPool": try pool(node, isMaximum: true)
    case "AveragePool": try pool(node, isMaximum: false)
    case "GlobalAveragePool": try globalAveragePool(node)
    case "ReduceMean": try reduceMean(node)
    case "Gemm": try gemm(node)
    case "MatMul": try matMul(node)
    case "Relu":
      let input = try value(node)
      try emit(node, .relu, [input], shape: input.shape)
    case "Clip": try clip(node)
    case "Softmax": try softmax(node)
    case "Add", "Sub", "Mul", "Div": try arithmetic(node)
    case "Sum": try sum(node)
    case "Flatten": try flatten(node)
    case "Reshape": try reshape(node)
    case "Squeeze": try squeeze(node)
    case "Unsqueeze": try unsqueeze(node)
    case "Transpose": try transpose(node)
    case "Pad": try pad(node)
    case "Slice": try slice(node)
    case "Gather": try gather(node)
    case "Identity": try alias(node, to: value(node))
    case "Dropout": try dropout(node)
    case "Cast": try cast(node)
    case "CastLike": try alias(node, to: value(node))
    default:
      throw ONNXFault.unsupported("Kindred does not know this operator (operator set \(opset))")
    }
  }

  private mutating func dropout(_ node: ONNXNode) throws(WeightFileError) {
    if let training = try constant(node, 2), training.floats != [0] {
      throw ONNXFault.unsupported("it is in training mode")
    }
    try alias(node, to: value(node))
  }

  /// Kindred computes in single precision, whatever the file's precision is.
  private mutating func cast(_ node: ONNXNode) throws(WeightFileError) {
    let type = try castType(node)
    guard type.isFloatingPoint else { throw ONNXFault.unsupported("of a computed value to \(type)") }
    try alias(node, to: value(node))
  }

  private mutating func clip(_ node: ONNXNode) throws(WeightFileError) {
    let input = try value(node)
    let minimum = opset < 11 ? try node.float("min") : try scalar(node, input: 1)
    let maximum = opset < 11 ? try node.float("max") : try scalar(node, input: 2)
    guard minimum == 0, maximum ?? .infinity >= .greatestFiniteMagnitude else {
      throw ONNXFault.unsupported(
        "to \(minimum ?? -.infinity)…\(maximum ?? .infinity); Kindred only clips to 0 and more, a ReLU")
    }
    try emit(node, .relu, [input], shape: input.shape)
  }
}

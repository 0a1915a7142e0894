import Inference

/// The sliding window of a convolution or pooling.
struct ONNXWindow {
  enum AutomaticPadding: String {
    case none = "NOTSET"
    case valid = "VALID"
    /// As many outputs as inputs over the stride, rounded up; an odd pixel of padding goes to the end.
    case sameUpper = "SAME_UPPER"
    /// The same, an odd pixel goes to the beginning.
    case sameLower = "SAME_LOWER"
  }

  var kernel: Size2D
  var stride: Size2D
  var dilation: Size2D
  var automaticPadding: AutomaticPadding
  var explicitPadding: Padding2D

  /// - Parameter kernel: of the weights; `nil` where only the attribute says it.
  init(_ node: ONNXNode, kernel weightKernel: Size2D? = nil) throws(WeightFileError) {
    let attribute = try Self.size(node, "kernel_shape")
    guard let kernel = weightKernel ?? attribute else { throw ONNXFault.damaged("kernel_shape is missing") }
    if let attribute, attribute != kernel {
      throw ONNXFault.wrongShape(
        "kernel_shape says \(attribute.height)×\(attribute.width), the weights are \(kernel.height)×\(kernel.width)")
    }
    self.kernel = kernel
    stride = try Self.size(node, "strides") ?? Size2D(1, 1)
    dilation = try Self.size(node, "dilations") ?? Size2D(1, 1)
    let name = try node.string("auto_pad") ?? "NOTSET"
    guard let automaticPadding = AutomaticPadding(rawValue: name) else {
      throw ONNXFault.damaged("auto_pad is \"\(name)\"")
    }
    self.automaticPadding = automaticPadding
    let pads = try node.integers("pads") ?? [0, 0, 0, 0]
    guard pads.count == 4, pads.allSatisfy({ (0...65535).contains($0) }) else {
      throw ONNXFault.unsupported("pads of \(pads); an image has four sides, which are padded by 0 or more pixels")
    }
    explicitPadding = Padding2D(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
  }

  private static func size(_ node: ONNXNode, _ name: String) throws(WeightFileError) -> Size2D? {
    guard let values = try node.integers(name), !values.isEmpty else { return nil }
    guard values.count == 2, values.allSatisfy({ (1...65535).contains($0) }) else {
      throw ONNXFault.unsupported("\(name) of \(values); a window over images has two sizes of 1 or more")
    }
    return Size2D(values[0], values[1])
  }

  func padding(for shape: [ONNXDimension]) throws(WeightFileError) -> Padding2D {
    switch automaticPadding {
    case .none: return explicitPadding
    case .valid: return Padding2D()
    case .sameUpper, .sameLower:
      let height = try total(shape[2], kernel: kernel.height, stride: stride.height, dilation: dilation.height)
      let width = try total(shape[3], kernel: kernel.width, stride: stride.width, dilation: dilation.width)
      let small = Padding2D(
        top: height / 2, left: width / 2, bottom: height - height / 2, right: width - width / 2)
      return automaticPadding == .sameUpper
        ? small : Padding2D(top: small.bottom, left: small.right, bottom: small.top, right: small.left)
    }
  }

  private func total(
    _ dimension: ONNXDimension, kernel: Int, stride: Int, dilation: Int
  ) throws(WeightFileError) -> Int {
    let extent = (kernel - 1) * dilation + 1
    if let size = dimension.size { return max(((size - 1) / stride) * stride + extent - size, 0) }
    if stride == 1 { return extent - 1 }
    if extent == 1 { return 0 }
    throw ONNXFault.unsupported(
      "auto_pad \(automaticPadding.rawValue) depends on the input's size, which the file does not fix")
  }

  /// Height and width after the window went over the image.
  func outputSize(
    of shape: [ONNXDimension], padding: Padding2D, roundsUp: Bool
  ) throws(WeightFileError) -> [ONNXDimension] {
    try [
      outputSize(
        shape[2], padding.top, padding.bottom, kernel.height, stride.height, dilation.height, roundsUp: roundsUp),
      outputSize(
        shape[3], padding.left, padding.right, kernel.width, stride.width, dilation.width, roundsUp: roundsUp),
    ]
  }

  private func outputSize(
    _ dimension: ONNXDimension, _ before: Int, _ after: Int, _ kernel: Int, _ stride: Int, _ dilation: Int,
    roundsUp: Bool
  ) throws(WeightFileError) -> ONNXDimension {
    guard let size = dimension.size else { return .unknown }
    let room = size + before + after - (kernel - 1) * dilation - 1
    guard room >= 0 else {
      throw ONNXFault.wrongShape("a window of \(kernel) is larger than the image of \(size) with its padding")
    }
    guard roundsUp else { return .known(room / stride + 1) }
    let count = (room + stride - 1) / stride + 1
    // A last window that would begin in the padding after the image is left out.
    return .known((count - 1) * stride >= size + before ? count - 1 : count)
  }
}

extension Operation {
  /// The output's shape.
  /// - Parameters:
  ///   - shapes: the inputs' shapes, as many as ``inputCount``; no axis is below 1.
  ///   - place: the node's name, for errors.
  /// - Throws: `shapeMismatch` where the inputs don't fit. The operation itself must have no ``contradiction``.
  func outputShape(for shapes: [[Int]], place: String) throws(InferenceError) -> [Int] {
    let input = shapes[0]
    func mismatch(_ reason: String) -> InferenceError {
      InferenceError(code: .shapeMismatch, place: place, reason: "\(label) \(reason)")
    }
    func image() throws(InferenceError) -> (channels: Int, height: Int, width: Int) {
      guard input.count == 4 else { throw mismatch("needs [N, C, H, W] but gets \(input)") }
      return (input[1], input[2], input[3])
    }
    func expectChannels(_ count: Int) throws(InferenceError) {
      guard input.count >= 2, input[1] == count else { throw mismatch("has \(count) channels but gets \(input)") }
    }

    let output: [Int]
    switch self {
    case .convolution(let convolution):
      let (channels, height, width) = try image()
      let kernel = convolution.weights.shape
      guard channels % convolution.groups == 0, channels / convolution.groups == kernel[1] else {
        throw mismatch("has weights \(kernel) in \(convolution.groups) groups but gets \(input)")
      }
      let padding = convolution.padding
      let spanHeight = convolution.dilation.height * (kernel[2] - 1) + 1
      let spanWidth = convolution.dilation.width * (kernel[3] - 1) + 1
      let paddedHeight = height + padding.top + padding.bottom
      let paddedWidth = width + padding.left + padding.right
      guard paddedHeight >= spanHeight, paddedWidth >= spanWidth else {
        throw mismatch("spans \(spanHeight)×\(spanWidth) but gets \(input), smaller even with its padding")
      }
      output = [
        input[0], kernel[0], (paddedHeight - spanHeight) / convolution.stride.height + 1,
        (paddedWidth - spanWidth) / convolution.stride.width + 1,
      ]
      if convolution.fusesAdd, shapes[1] != output {
        throw mismatch("gives \(output) but adds \(shapes[1])")
      }
    case .batchNormalization(let normalization):
      try expectChannels(normalization.scale.count)
      output = input
    case .channelAffine(let scale, _):
      try expectChannels(scale.count)
      output = input
    case .relu:
      output = input
    case .maxPool(let pooling), .averagePool(let pooling):
      let (channels, height, width) = try image()
      let padding = pooling.padding
      let rows = Pooling.outputSize(
        height, pooling.kernel.height, pooling.stride.height, padding.top, padding.bottom, pooling.roundsUp)
      let columns = Pooling.outputSize(
        width, pooling.kernel.width, pooling.stride.width, padding.left, padding.right, pooling.roundsUp)
      guard let rows, let columns else {
        throw mismatch("has a \(pooling.kernel.height)×\(pooling.kernel.width) window but gets \(input)")
      }
      output = [input[0], channels, rows, columns]
    case .globalAveragePool:
      output = [input[0], try image().channels, 1, 1]
    case .add:
      guard shapes[1] == input else { throw mismatch("gets \(input) and \(shapes[1])") }
      output = input
    case .linear(let linear):
      guard input.count == 2, input[1] == linear.weights.shape[1] else {
        throw mismatch("needs [N, \(linear.weights.shape[1])] but gets \(input)")
      }
      output = [input[0], linear.weights.shape[0]]
    case .softmax:
      guard input.count >= 2 else { throw mismatch("needs at least two axes but gets \(input)") }
      output = input
    case .flatten:
      guard let rest = input.dropFirst().checkedProduct else { throw mismatch("of \(input) is too large") }
      output = [input[0], rest]
    case .transpose(let permutation):
      guard permutation.count == input.count else { throw mismatch("by \(permutation) does not fit \(input)") }
      output = permutation.map { input[$0] }
    case .pad(let padding, _):
      let (channels, height, width) = try image()
      output = [
        input[0], channels, height + padding.top + padding.bottom, width + padding.left + padding.right,
      ]
    case .subsampleAndPadChannels(let stride, let channels):
      let (existing, height, width) = try image()
      guard channels >= existing else { throw mismatch("to \(channels) channels gets \(input)") }
      output = [input[0], channels, (height - 1) / stride + 1, (width - 1) / stride + 1]
    case .mean(let axes, let keepsAxes):
      guard let reduced = Operation.normalizedAxes(axes, rank: input.count), !reduced.contains(0) else {
        throw mismatch("over axes \(axes) does not fit \(input), whose first axis is the batch")
      }
      output = input.indices.compactMap { reduced.contains($0) ? (keepsAxes ? 1 : nil) : input[$0] }
    case .reshape(let shape):
      guard let reshaped = Operation.reshapedShape(input, to: shape) else {
        throw mismatch("to \(shape) does not fit \(input)")
      }
      output = reshaped
    }
    // A run cuts large batches into pieces: only images that don't mix can be cut apart.
    guard output.first == input[0] else { throw mismatch("of \(input) to \(output) moves the batch axis") }
    return output
  }

  /// Axes counted from the outside without negatives or repeats, ascending; `nil` where one does not exist.
  static func normalizedAxes(_ axes: [Int], rank: Int) -> [Int]? {
    var result: Set<Int> = []
    for axis in axes {
      guard axis >= -rank, axis < rank else { return nil }
      result.insert(axis < 0 ? axis + rank : axis)
    }
    return result.sorted()
  }

  /// ONNX's rule: 0 keeps an axis, -1 is what is left.
  static func reshapedShape(_ input: [Int], to shape: [Int]) -> [Int]? {
    var result = shape
    for (axis, size) in shape.enumerated() where size == 0 {
      guard axis < input.count else { return nil }
      result[axis] = input[axis]
    }
    guard let count = input.checkedProduct else { return nil }
    if let free = shape.firstIndex(of: -1) {
      result[free] = 1
      guard let known = result.checkedProduct, known > 0, count % known == 0 else { return nil }
      result[free] = count / known
    }
    return result.checkedProduct == count ? result : nil
  }
}

extension Pooling {
  /// One axis of the output; `nil` where not even one window fits.
  static func outputSize(
    _ size: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int, _ roundsUp: Bool
  ) -> Int? {
    let free = size + before + after - kernel
    guard free >= 0 || (roundsUp && free > -stride) else { return nil }
    guard roundsUp else { return free / stride + 1 }
    let count = (max(free, 0) + stride - 1) / stride + 1
    // A window that would start past the image and its leading padding is left out.
    return (count - 1) * stride >= size + before ? count - 1 : count
  }
}

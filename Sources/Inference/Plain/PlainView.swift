/// A dense row-major array that somebody else owns, for as long as a call lasts.
struct PlainView {
  let values: UnsafePointer<Float>
  let shape: [Int]

  var count: Int { shape.reduce(1, *) }
}

/// Every operation but the convolution on dense row-major arrays, in plain loops.
///
/// These cost little next to the convolutions. ``OpenBLASExecutor`` uses all but the linear one, ``OneDNNExecutor`` those
/// that oneDNN has no kernel for, or one that is slow to make.
enum PlainKernels {
  /// - Parameters:
  ///   - inputs: as many as the operation takes, of shapes that fit (``Operation/outputShape(for:place:)``).
  ///   - output: room for `outputShape`; must not overlap the inputs.
  static func run(
    _ operation: Operation, _ inputs: [PlainView], into output: UnsafeMutablePointer<Float>, outputShape: [Int]
  ) {
    let input = inputs[0]
    switch operation {
    case .relu:
      for index in 0..<input.count { output[index] = max(input.values[index], 0) }
    case .add:
      for index in 0..<input.count { output[index] = input.values[index] + inputs[1].values[index] }
    case .channelAffine(let scale, let shift):
      affine(input, scale: scale, shift: shift, into: output)
    case .batchNormalization(let normalization):
      let (scale, shift) = normalization.affine
      affine(input, scale: scale, shift: shift, into: output)
    case .maxPool(let pooling):
      pool(input, pooling, outputShape: outputShape, into: output, reduce: maximum)
    case .averagePool(let pooling):
      pool(input, pooling, outputShape: outputShape, into: output, reduce: average)
    case .globalAveragePool:
      mean(input, axes: [2, 3], into: output)
    case .mean(let axes, _):
      mean(input, axes: Operation.normalizedAxes(axes, rank: input.shape.count) ?? [], into: output)
    case .softmax:
      softmax(input, into: output)
    case .flatten, .reshape:
      output.update(from: input.values, count: input.count)
    case .transpose(let permutation):
      transpose(input, permutation, into: output)
    case .pad(let padding, let value):
      pad(input, padding, value: value, into: output)
    case .subsampleAndPadChannels(let stride, let channels):
      subsample(input, stride: stride, channels: channels, into: output)
    case .linear(let linear):
      self.linear(input, linear, into: output)
    case .convolution:
      preconditionFailure("executors run convolutions themselves")
    }
  }

  /// `x * scale[c] + shift[c]` along axis 1.
  static func affine(
    _ input: PlainView, scale: [Float], shift: [Float], into output: UnsafeMutablePointer<Float>
  ) {
    let channels = input.shape[1]
    let area = input.shape.dropFirst(2).reduce(1, *)
    for row in 0..<input.shape[0] * channels {
      let (factor, offset) = (scale[row % channels], shift[row % channels])
      for index in row * area..<(row + 1) * area { output[index] = input.values[index] * factor + offset }
    }
  }
}

extension BatchNormalization {
  /// The same as one multiplication and one addition a channel.
  var affine: (scale: [Float], shift: [Float]) {
    var scales = scale
    var shifts = shift
    for channel in scale.indices {
      // In double: folding must not add an error of its own.
      let factor = Double(scale[channel]) / (Double(variance[channel]) + Double(epsilon)).squareRoot()
      scales[channel] = Float(factor)
      shifts[channel] = Float(Double(shift[channel]) - Double(mean[channel]) * factor)
    }
    return (scales, shifts)
  }
}

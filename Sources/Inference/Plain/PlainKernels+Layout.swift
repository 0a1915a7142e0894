import Glibc

extension PlainKernels {
  /// Output axis i is input axis `permutation[i]`.
  static func transpose(_ input: PlainView, _ permutation: [Int], into output: UnsafeMutablePointer<Float>) {
    var inputStrides = [Int](repeating: 1, count: input.shape.count)
    for axis in input.shape.indices.dropLast().reversed() {
      inputStrides[axis] = inputStrides[axis + 1] * input.shape[axis + 1]
    }
    let shape = permutation.map { input.shape[$0] }
    let strides = permutation.map { inputStrides[$0] }
    let width = shape[shape.count - 1]
    let step = strides[shape.count - 1]
    forEachRow(of: shape, strides: strides) { row, start in
      let target = output + row * width
      let source = input.values + start
      for column in 0..<width { target[column] = source[column * step] }
    }
  }

  /// A constant border around H and W.
  static func pad(
    _ input: PlainView, _ padding: Padding2D, value: Float, into output: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (input.shape[2], input.shape[3])
    let outputWidth = width + padding.left + padding.right
    let outputHeight = height + padding.top + padding.bottom
    let planes = input.shape[0] * input.shape[1]
    output.update(repeating: value, count: planes * outputHeight * outputWidth)
    for plane in 0..<planes {
      for row in 0..<height {
        let target = output + (plane * outputHeight + row + padding.top) * outputWidth + padding.left
        target.update(from: input.values + (plane * height + row) * width, count: width)
      }
    }
  }

  /// Every stride-th row and column, then zero channels after the existing ones.
  static func subsample(
    _ input: PlainView, stride: Int, channels: Int, into output: UnsafeMutablePointer<Float>
  ) {
    let (existing, height, width) = (input.shape[1], input.shape[2], input.shape[3])
    let (rows, columns) = ((height - 1) / stride + 1, (width - 1) / stride + 1)
    var target = output
    for image in 0..<input.shape[0] {
      for channel in 0..<existing {
        for row in 0..<rows {
          let source = input.values + ((image * existing + channel) * height + row * stride) * width
          for column in 0..<columns { target[column] = source[column * stride] }
          target += columns
        }
      }
      let empty = (channels - existing) * rows * columns
      target.update(repeating: 0, count: empty)
      target += empty
    }
  }

  /// Over the last axis.
  static func softmax(_ input: PlainView, into output: UnsafeMutablePointer<Float>) {
    let width = input.shape[input.shape.count - 1]
    for start in stride(from: 0, to: input.count, by: width) {
      var largest = -Float.infinity
      for index in start..<start + width { largest = max(largest, input.values[index]) }
      var sum: Float = 0
      for index in start..<start + width {
        let power = expf(input.values[index] - largest)
        output[index] = power
        sum += power
      }
      for index in start..<start + width { output[index] /= sum }
    }
  }
}

/// Convolution as a matrix product: the windows are laid out as columns, then multiplied by the weights.
struct MatrixConvolution {
  let convolution: Convolution
  /// `[C, H, W]` and `[O, H, W]`.
  let inputShape: [Int]
  let outputShape: [Int]

  /// Numbers of windows laid out at a time: bounds the memory, and stays in the cache.
  private static let columnsBudget = 1 << 20

  init(_ convolution: Convolution, inputShape: [Int], outputShape: [Int]) {
    self.convolution = convolution
    self.inputShape = inputShape
    self.outputShape = outputShape
  }

  /// Convolves one image.
  /// - Parameter addend: what ``Convolution/fusesAdd`` adds, of the output's shape.
  func run(
    _ input: UnsafePointer<Float>, adding addend: UnsafePointer<Float>?, into output: UnsafeMutablePointer<Float>
  ) {
    let area = outputShape[1] * outputShape[2]
    let outputCount = outputShape[0] * area
    if let addend { output.update(from: addend, count: outputCount) }
    let beta: Float = addend == nil ? 0 : 1
    convolution.weights.values.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for group in 0..<convolution.groups {
        multiply(input, weights: weights, group: group, beta: beta, into: output)
      }
    }
    finish(output, area: area)
  }

  private var inner: Int { convolution.weights.shape.dropFirst().reduce(1, *) }

  private func multiply(
    _ input: UnsafePointer<Float>, weights: UnsafePointer<Float>, group: Int, beta: Float,
    into output: UnsafeMutablePointer<Float>
  ) {
    let inputArea = inputShape[1] * inputShape[2]
    let area = outputShape[1] * outputShape[2]
    let outputChannels = outputShape[0] / convolution.groups
    let source = input + group * convolution.weights.shape[1] * inputArea
    let target = output + group * outputChannels * area
    let kernel = MatrixView(values: weights + group * outputChannels * inner, rowStride: inner)
    if isPointwise {
      MatrixMultiplication.run(
        kernel, MatrixView(values: source, rowStride: area), rows: outputChannels, columns: area, inner: inner,
        beta: beta, into: target, outputRowStride: area)
      return
    }
    // Whole rows of the output, or parts of one where not even one row's windows fit.
    let columnsAtOnce = max(1, min(outputShape[2], MatrixConvolution.columnsBudget / inner))
    let rowsAtOnce = max(1, min(outputShape[1], MatrixConvolution.columnsBudget / (inner * columnsAtOnce)))
    let tileRows = columnsAtOnce == outputShape[2] ? rowsAtOnce : 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: inner * tileRows * columnsAtOnce) { windows in
      guard let windows = windows.baseAddress else { return }
      for firstRow in stride(from: 0, to: outputShape[1], by: tileRows) {
        let rows = firstRow..<min(firstRow + tileRows, outputShape[1])
        for firstColumn in stride(from: 0, to: outputShape[2], by: columnsAtOnce) {
          let columns = firstColumn..<min(firstColumn + columnsAtOnce, outputShape[2])
          layOutWindows(of: source, rows: rows, columns: columns, into: windows)
          let count = rows.count * columns.count
          MatrixMultiplication.run(
            kernel, MatrixView(values: windows, rowStride: count), rows: outputChannels, columns: count, inner: inner,
            beta: beta, into: target + firstRow * outputShape[2] + firstColumn, outputRowStride: area)
        }
      }
    }
  }

  /// 1×1 at every position: the input is the matrix already.
  private var isPointwise: Bool {
    convolution.weights.shape[2] == 1 && convolution.weights.shape[3] == 1 && convolution.stride == Size2D(1, 1)
      && convolution.padding.isZero
  }

  /// im2col: one matrix row a kernel element, one column an output position.
  private func layOutWindows(
    of source: UnsafePointer<Float>, rows: Range<Int>, columns: Range<Int>, into windows: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (inputShape[1], inputShape[2])
    let (stride, dilation, padding) = (convolution.stride, convolution.dilation, convolution.padding)
    let kernel = convolution.weights.shape
    var target = windows
    for channel in 0..<kernel[1] {
      for kernelRow in 0..<kernel[2] {
        for kernelColumn in 0..<kernel[3] {
          // Where the first of the columns reads.
          let offset = columns.lowerBound * stride.width + kernelColumn * dilation.width - padding.left
          // The columns, counted from the first, whose input lies inside the image.
          let first = min(columns.count, offset >= 0 ? 0 : (-offset + stride.width - 1) / stride.width)
          let end = max(first, min(columns.count, offset < width ? (width - 1 - offset) / stride.width + 1 : 0))
          for row in rows {
            let inputRow = row * stride.height + kernelRow * dilation.height - padding.top
            if inputRow < 0 || inputRow >= height {
              target.update(repeating: 0, count: columns.count)
            } else {
              let line = source + (channel * height + inputRow) * width
              target.update(repeating: 0, count: first)
              if stride.width == 1 {
                (target + first).update(from: line + first + offset, count: end - first)
              } else {
                for column in first..<end { target[column] = line[column * stride.width + offset] }
              }
              (target + end).update(repeating: 0, count: columns.count - end)
            }
            target += columns.count
          }
        }
      }
    }
  }

  private func finish(_ output: UnsafeMutablePointer<Float>, area: Int) {
    guard convolution.bias != nil || convolution.fusesReLU else { return }
    let floor: Float = convolution.fusesReLU ? 0 : -.infinity
    for channel in 0..<outputShape[0] {
      let bias = convolution.bias?[channel] ?? 0
      let values = output + channel * area
      for index in 0..<area { values[index] = max(values[index] + bias, floor) }
    }
  }
}

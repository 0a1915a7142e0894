extension PlainKernels {
  /// One window: the rows and columns that lie inside the image.
  struct Window {
    var rows: Range<Int>
    var columns: Range<Int>
    /// What an average divides by.
    var divisor: Int
  }

  static func pool(
    _ input: PlainView, _ pooling: Pooling, outputShape: [Int], into output: UnsafeMutablePointer<Float>,
    reduce: (UnsafePointer<Float>, Int, Window) -> Float
  ) {
    let (height, width) = (input.shape[2], input.shape[3])
    let padding = pooling.padding
    var target = output
    for plane in 0..<input.shape[0] * input.shape[1] {
      let source = input.values + plane * height * width
      for row in 0..<outputShape[2] {
        let top = row * pooling.stride.height - padding.top
        let bottom = top + pooling.kernel.height
        for column in 0..<outputShape[3] {
          let left = column * pooling.stride.width - padding.left
          let right = left + pooling.kernel.width
          let rows = max(top, 0)..<min(bottom, height)
          let columns = max(left, 0)..<min(right, width)
          // What rounding up lets hang over the padding does not count.
          let divisor =
            pooling.countsPadding
            ? (min(bottom, height + padding.bottom) - top) * (min(right, width + padding.right) - left)
            : rows.count * columns.count
          target.pointee = reduce(source, width, Window(rows: rows, columns: columns, divisor: divisor))
          target += 1
        }
      }
    }
  }

  static func maximum(_ plane: UnsafePointer<Float>, _ width: Int, _ window: Window) -> Float {
    var result = -Float.infinity
    for row in window.rows {
      for column in window.columns { result = max(result, plane[row * width + column]) }
    }
    return result
  }

  static func average(_ plane: UnsafePointer<Float>, _ width: Int, _ window: Window) -> Float {
    var sum = 0.0
    for row in window.rows {
      for column in window.columns { sum += Double(plane[row * width + column]) }
    }
    return Float(sum / Double(window.divisor))
  }

  /// Mean over the given axes, which must be normalised.
  static func mean(_ input: PlainView, axes: [Int], into output: UnsafeMutablePointer<Float>) {
    let shape = input.shape
    if axes == Array(2..<shape.count) {
      let area = shape.dropFirst(2).reduce(1, *)
      for plane in 0..<shape[0] * shape[1] {
        var sum = 0.0
        for index in plane * area..<(plane + 1) * area { sum += Double(input.values[index]) }
        output[plane] = Float(sum / Double(area))
      }
      return
    }
    // Where each input axis leads in the output: nowhere for those that are averaged.
    var strides = [Int](repeating: 0, count: shape.count)
    var size = 1
    for axis in shape.indices.reversed() where !axes.contains(axis) {
      strides[axis] = size
      size *= shape[axis]
    }
    var sums = [Double](repeating: 0, count: size)
    forEachRow(of: shape, strides: strides) { row, start in
      let width = shape[shape.count - 1]
      for column in 0..<width {
        sums[start + column * strides[shape.count - 1]] += Double(input.values[row * width + column])
      }
    }
    let divisor = Double(input.count / size)
    for index in 0..<size { output[index] = Float(sums[index] / divisor) }
  }

  /// Visits every row (all axes but the last) of a row-major array with its number and the offset at which it starts
  /// in another array of the given strides.
  static func forEachRow(of shape: [Int], strides: [Int], _ body: (_ row: Int, _ start: Int) -> Void) {
    let outer = shape.count - 1
    var position = [Int](repeating: 0, count: outer)
    var start = 0
    for row in 0..<shape.dropLast().reduce(1, *) {
      body(row, start)
      var axis = outer - 1
      while axis >= 0 {
        position[axis] += 1
        start += strides[axis]
        if position[axis] < shape[axis] { break }
        start -= position[axis] * strides[axis]
        position[axis] = 0
        axis -= 1
      }
    }
  }
}

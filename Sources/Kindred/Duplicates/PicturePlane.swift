/// One channel of a small picture, in single precision.
struct PicturePlane: Sendable, Equatable {
  var width: Int
  var height: Int
  /// `[height, width]`.
  var values: [Float]

  init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0 && values.count == width * height)
    self.width = width
    self.height = height
    self.values = values
  }

  init(width: Int, height: Int, bytes: [UInt8]) {
    self.init(width: width, height: height, values: bytes.map(Float.init))
  }

  var longerSide: Int { max(width, height) }

  /// Smoothed with weights 1, 2, 1 along both sides, so that interpolation between samples costs little.
  func smoothed() -> PicturePlane {
    var middle = values
    var result = values
    values.withUnsafeBufferPointer { values in
      middle.withUnsafeMutableBufferPointer { middle in
        for y in 0..<height {
          let row = y * width
          for x in 0..<width {
            let (left, right) = (values[row + max(0, x - 1)], values[row + min(width - 1, x + 1)])
            middle[row + x] = (left + 2 * values[row + x] + right) / 4
          }
        }
      }
    }
    middle.withUnsafeBufferPointer { middle in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<height {
          let (row, above, below) = (y * width, max(0, y - 1) * width, min(height - 1, y + 1) * width)
          for x in 0..<width { result[row + x] = (middle[above + x] + 2 * middle[row + x] + middle[below + x]) / 4 }
        }
      }
    }
    return PicturePlane(width: width, height: height, values: result)
  }

  /// The average of the square of `2 * radius + 1` around each sample, within the plane.
  func boxAverages(radius: Int) -> PicturePlane {
    var sums = [Float](repeating: 0, count: (width + 1) * (height + 1))
    var result = values
    let stride = width + 1
    values.withUnsafeBufferPointer { values in
      sums.withUnsafeMutableBufferPointer { sums in
        for y in 0..<height {
          var row: Float = 0
          for x in 0..<width {
            row += values[y * width + x]
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row
          }
        }
      }
    }
    sums.withUnsafeBufferPointer { sums in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<height {
          let (top, bottom) = (max(0, y - radius), min(height, y + radius + 1))
          for x in 0..<width {
            let (left, right) = (max(0, x - radius), min(width, x + radius + 1))
            let sum =
              sums[bottom * stride + right] - sums[top * stride + right] - sums[bottom * stride + left]
              + sums[top * stride + left]
            result[y * width + x] = sum / Float((bottom - top) * (right - left))
          }
        }
      }
    }
    return PicturePlane(width: width, height: height, values: result)
  }

  /// What ``boxAverages(radius:)`` leaves: edges and texture without levels and gradients.
  func detail(radius: Int) -> PicturePlane {
    var result = boxAverages(radius: radius)
    for index in values.indices { result.values[index] = values[index] - result.values[index] }
    return result
  }

  func cropped(columns: Range<Int>, rows: Range<Int>) -> PicturePlane {
    var result: [Float] = []
    result.reserveCapacity(columns.count * rows.count)
    for y in rows { result += values[y * width + columns.lowerBound..<y * width + columns.upperBound] }
    return PicturePlane(width: columns.count, height: rows.count, values: result)
  }

  var standardDeviation: Float {
    let count = Float(values.count)
    let mean = values.reduce(0, +) / count
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
  }
}

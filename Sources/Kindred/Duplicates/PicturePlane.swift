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

  /// Resized by averaging areas; enlarging repeats samples in proportion.
  func resized(width newWidth: Int, height newHeight: Int) -> PicturePlane {
    if newWidth == width && newHeight == height { return self }
    let columns = AreaWeights(from: width, to: newWidth)
    let rows = AreaWeights(from: height, to: newHeight)
    var narrow = [Float](repeating: 0, count: newWidth * height)
    var result = [Float](repeating: 0, count: newWidth * newHeight)
    values.withUnsafeBufferPointer { values in
      narrow.withUnsafeMutableBufferPointer { narrow in
        for y in 0..<height {
          for x in 0..<newWidth {
            var sum: Float = 0
            for (index, source) in columns.sources[x].enumerated() {
              sum += columns.weights[x][index] * values[y * width + source]
            }
            narrow[y * newWidth + x] = sum
          }
        }
      }
    }
    narrow.withUnsafeBufferPointer { narrow in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<newHeight {
          for (index, source) in rows.sources[y].enumerated() {
            let weight = rows.weights[y][index]
            for x in 0..<newWidth { result[y * newWidth + x] += weight * narrow[source * newWidth + x] }
          }
        }
      }
    }
    return PicturePlane(width: newWidth, height: newHeight, values: result)
  }

  /// Resized so that the longer side is `side`, if it is longer.
  func reduced(longerSide side: Int) -> PicturePlane {
    guard longerSide > side else { return self }
    func scaled(_ length: Int) -> Int { max(1, (length * side + longerSide / 2) / longerSide) }
    return resized(width: scaled(width), height: scaled(height))
  }

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

/// Which samples an area average takes, and their shares.
private struct AreaWeights {
  var sources: [Range<Int>] = []
  var weights: [[Float]] = []

  init(from count: Int, to newCount: Int) {
    let scale = Double(count) / Double(newCount)
    for index in 0..<newCount {
      let (start, end) = (Double(index) * scale, Double(index + 1) * scale)
      let first = min(count - 1, Int(start))
      let last = max(first, min(count - 1, Int(end.rounded(.up)) - 1))
      let shares = (first...last).map { max(1e-9, min(end, Double($0 + 1)) - max(start, Double($0))) }
      let total = shares.reduce(0, +)
      sources.append(first..<last + 1)
      weights.append(shares.map { Float($0 / total) })
    }
  }
}

/// A turn of a picture by quarters, with or without a mirror.
public enum PictureTurn: Int, Sendable, Codable, CaseIterable {
  case none, mirror, half, flip, transpose, quarterRight, transverse, quarterLeft

  /// Whether width and height change places.
  var swapsSides: Bool { rawValue >= 4 }
  /// Whether it is a mirror image, turned or not.
  public var isMirrored: Bool { self == .mirror || self == .flip || self == .transpose || self == .transverse }
  /// Whether it is turned by a quarter or half.
  public var isRotated: Bool { self != .none && self != .mirror }
}

extension PicturePlane {
  func turned(_ turn: PictureTurn) -> PicturePlane {
    if turn == .none { return self }
    let (newWidth, newHeight) = turn.swapsSides ? (height, width) : (width, height)
    // Where a sample of the result comes from: column and row of the source, perhaps counted from the far end.
    let fromRight = turn == .mirror || turn == .half || turn == .transverse || turn == .quarterLeft
    let fromBottom = turn == .half || turn == .flip || turn == .transverse || turn == .quarterRight
    var result = values
    values.withUnsafeBufferPointer { values in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let (column, row) = turn.swapsSides ? (y, x) : (x, y)
            result[y * newWidth + x] =
              values[(fromBottom ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column)]
          }
        }
      }
    }
    return PicturePlane(width: newWidth, height: newHeight, values: result)
  }
}

extension PicturePlane {
  /// Resized by averaging areas; enlarging repeats samples in proportion.
  func resized(width newWidth: Int, height newHeight: Int) -> PicturePlane {
    if newWidth == width && newHeight == height { return self }
    let columns = AreaWeights(from: width, to: newWidth)
    let rows = AreaWeights(from: height, to: newHeight)
    var narrow = [Float](repeating: 0, count: newWidth * height)
    var result = [Float](repeating: 0, count: newWidth * newHeight)
    values.withUnsafeBufferPointer { values in
      narrow.withUnsafeMutableBufferPointer { narrow in
        for x in 0..<newWidth {
          for index in columns.indices(x) {
            let (source, weight) = (columns.sources[index], columns.weights[index])
            for y in 0..<height { narrow[y * newWidth + x] += weight * values[y * width + source] }
          }
        }
      }
    }
    narrow.withUnsafeBufferPointer { narrow in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<newHeight {
          for index in rows.indices(y) {
            let (source, weight) = (rows.sources[index], rows.weights[index])
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
}

/// Which samples an area average takes, and their shares.
private struct AreaWeights {
  private var starts = [0]
  private(set) var sources: [Int] = []
  private(set) var weights: [Float] = []

  init(from count: Int, to newCount: Int) {
    let scale = Double(count) / Double(newCount)
    for index in 0..<newCount {
      let (start, end) = (Double(index) * scale, Double(index + 1) * scale)
      let first = min(count - 1, Int(start))
      let last = max(first, min(count - 1, Int(end.rounded(.up)) - 1))
      var total = 0.0
      for source in first...last {
        let share = max(1e-9, min(end, Double(source + 1)) - max(start, Double(source)))
        total += share
        sources.append(source)
        weights.append(Float(share))
      }
      for index in starts[starts.count - 1]..<weights.count { weights[index] /= Float(total) }
      starts.append(weights.count)
    }
  }

  /// Where the sources and weights of a result's sample are.
  func indices(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }
}

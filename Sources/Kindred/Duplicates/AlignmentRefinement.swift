/// Gauss-Newton steps that make an alignment exact to a fraction of a sample. Brightness and contrast are unknowns
/// beside the four of the place; samples that differ much, such as those under added text, count little.
struct AlignmentRefinement {
  let first: PicturePlane
  let second: PicturePlane
  private var warped: WarpedPlane

  init(first: PicturePlane, second: PicturePlane) {
    self.first = first
    self.second = second
    warped = WarpedPlane()
  }

  /// One step.
  /// - Returns: the new place and how far its corners moved at most, in samples; `nil` where no step can be computed.
  mutating func step(_ place: PictureAlignment) -> (place: PictureAlignment, movement: Float)? {
    warped.warp(second, by: place, onto: first)
    guard warped.width >= 4, warped.height >= 4 else { return nil }
    guard let tone = LinearTone(from: warped, to: first) else { return nil }

    // Unknowns: scale and offset along x, along y, contrast, brightness.
    var matrix = [Double](repeating: 0, count: 36)
    var vector = [Double](repeating: 0, count: 6)
    let (width, height) = (warped.width, warped.height)
    let (perX, perY) = (Float(first.width) / place.scaleX, Float(first.height) / place.scaleY)
    let spread = 2 * tone.deviation + 1
    warped.values.withUnsafeBufferPointer { values in
      first.values.withUnsafeBufferPointer { target in
        for y in 1..<height - 1 {
          let shareY = (Float(y + warped.top) + 0.5) / Float(first.height)
          var row = RowSums()
          for x in 1..<width - 1 {
            let index = y * width + x
            let value = values[index]
            let residual = target[(y + warped.top) * first.width + x + warped.left] - tone.apply(value)
            let ratio = residual / spread
            let weight = 1 / (1 + ratio * ratio)
            let shareX = (Float(x + warped.left) + 0.5) / Float(first.width)
            let slopeX = tone.gain * (values[index + 1] - values[index - 1]) / 2 * perX
            let slopeY = tone.gain * (values[index + width] - values[index - width]) / 2 * perY
            row.add(SIMD8(slopeX * shareX, slopeX, slopeY * shareY, slopeY, value, 1, residual, 0), weight)
          }
          row.move(to: &matrix, &vector)
        }
      }
    }
    guard let change = LinearSystem.solve(matrix, vector, count: 6) else { return nil }
    var next = place
    next.scaleX += Float(change[0])
    next.offsetX += Float(change[1])
    next.scaleY += Float(change[2])
    next.offsetY += Float(change[3])
    let movementX = max(abs(change[1]), abs(change[0] + change[1])) * Double(second.width)
    let movementY = max(abs(change[3]), abs(change[2] + change[3])) * Double(second.height)
    return (next, Float(max(movementX, movementY)))
  }

  mutating func correlation(_ place: PictureAlignment) -> Float {
    warped.warp(second, by: place, onto: first)
    guard warped.width > 0, warped.height > 0, let tone = LinearTone(from: warped, to: first) else { return -1 }
    return tone.correlation
  }

  /// Sums of one row's products in single precision, which is exact enough for a row.
  private struct RowSums {
    private var sums = (
      SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero
    )

    /// The first six are slopes, the seventh is the residual.
    @inline(__always) mutating func add(_ values: SIMD8<Float>, _ weight: Float) {
      let weighted = values * weight
      sums.0 += weighted * values[0]
      sums.1 += weighted * values[1]
      sums.2 += weighted * values[2]
      sums.3 += weighted * values[3]
      sums.4 += weighted * values[4]
      sums.5 += weighted * values[5]
    }

    func move(to matrix: inout [Double], _ vector: inout [Double]) {
      for (row, sum) in [sums.0, sums.1, sums.2, sums.3, sums.4, sums.5].enumerated() {
        for column in 0..<6 { matrix[row * 6 + column] += Double(sum[column]) }
        vector[row] += Double(sum[6])
      }
    }
  }
}

/// The part of a plane that lies on another, sampled where the other's samples are.
struct WarpedPlane {
  private(set) var left = 0
  private(set) var top = 0
  private(set) var width = 0
  private(set) var height = 0
  private(set) var values: [Float] = []

  mutating func warp(_ source: PicturePlane, by place: PictureAlignment, onto target: PicturePlane) {
    let columns = PictureAlignment.inside(scale: place.scaleX, offset: place.offsetX, count: target.width)
    let rows = PictureAlignment.inside(scale: place.scaleY, offset: place.offsetY, count: target.height)
    (left, top, width, height) = (columns.lowerBound, rows.lowerBound, columns.count, rows.count)
    if values.count != width * height { values = [Float](repeating: 0, count: width * height) }
    guard width > 0, height > 0 else { return }
    let across = columns.map {
      Self.position($0, of: target.width, scale: place.scaleX, offset: place.offsetX, in: source.width)
    }
    source.values.withUnsafeBufferPointer { source_ in
      values.withUnsafeMutableBufferPointer { values in
        for (y, row) in rows.enumerated() {
          let down = Self.position(
            row, of: target.height, scale: place.scaleY, offset: place.offsetY, in: source.height)
          let (upper, lower) = (down.index * source.width, down.next * source.width)
          for (x, place) in across.enumerated() {
            let above = source_[upper + place.index] + place.share * (source_[upper + place.next] - source_[upper + place.index])
            let below = source_[lower + place.index] + place.share * (source_[lower + place.next] - source_[lower + place.index])
            values[y * width + x] = above + down.share * (below - above)
          }
        }
      }
    }
  }

  /// What lies on each other of this and the plane that it was warped onto. Where one picture goes on beyond the edge of
  /// the other, such as into a frame, the samples at the edge hold some of that and are left out.
  func pair(with target: PicturePlane, _ place: PictureAlignment) -> (own: PicturePlane, other: PicturePlane)? {
    func kept(_ first: Int, _ count: Int, _ whole: Int, _ scale: Float, _ offset: Float) -> Range<Int> {
      let (start, end) = (
        Float(first) / Float(whole) * scale + offset, Float(first + count) / Float(whole) * scale + offset
      )
      let lower = first > 0 || start > Self.sameEdge ? Self.edgeSamples : 0
      let upper = first + count < whole || end < 1 - Self.sameEdge ? Self.edgeSamples : 0
      return lower..<max(lower, count - upper)
    }
    let columns = kept(left, width, target.width, place.scaleX, place.offsetX)
    let rows = kept(top, height, target.height, place.scaleY, place.offsetY)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    return (
      PicturePlane(width: width, height: height, values: values).cropped(columns: columns, rows: rows),
      target.cropped(
        columns: left + columns.lowerBound..<left + columns.upperBound,
        rows: top + rows.lowerBound..<top + rows.upperBound)
    )
  }

  /// Share of a side within which two edges are one.
  private static let sameEdge: Float = 0.01
  private static let edgeSamples = 2

  /// The two samples of the source that a sample of the target lies between, and the second's share.
  private static func position(
    _ index: Int, of count: Int, scale: Float, offset: Float, in sourceCount: Int
  ) -> (index: Int, next: Int, share: Float) {
    let share = (Float(index) + 0.5) / Float(count) * scale + offset
    let place = min(max(share * Float(sourceCount) - 0.5, 0), Float(sourceCount - 1))
    let low = Int(place)
    return (low, min(low + 1, sourceCount - 1), place - Float(low))
  }
}

/// The straight line that takes one picture's brightness to another's best.
struct LinearTone {
  var gain: Float
  var offset: Float
  var correlation: Float
  /// Root mean square of what it leaves.
  var deviation: Float

  init?(from warped: WarpedPlane, to target: PicturePlane) {
    var (sum, targetSum, square, targetSquare, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
    warped.values.withUnsafeBufferPointer { values in
      target.values.withUnsafeBufferPointer { target_ in
        for y in 0..<warped.height {
          var row = SIMD8<Float>.zero
          let start = (y + warped.top) * target.width + warped.left
          for x in 0..<warped.width {
            // Less a middle grey, for the precision of the sums.
            let (value, other) = (values[y * warped.width + x] - 128, target_[start + x] - 128)
            row += SIMD8(value, other, value * value, other * other, value * other, 0, 0, 0)
          }
          sum += Double(row[0])
          targetSum += Double(row[1])
          square += Double(row[2])
          targetSquare += Double(row[3])
          product += Double(row[4])
        }
      }
    }
    let count = Double(warped.width * warped.height)
    let variance = square / count - (sum / count) * (sum / count)
    let targetVariance = targetSquare / count - (targetSum / count) * (targetSum / count)
    let covariance = product / count - sum / count * (targetSum / count)
    guard count > 0, variance > 0.01 else { return nil }
    gain = Float(covariance / variance)
    offset = Float(targetSum / count + 128 - covariance / variance * (sum / count + 128))
    let square_ = covariance * covariance / variance
    deviation = Float(max(0, targetVariance - square_).squareRoot())
    correlation = targetVariance > 0.01 ? Float(covariance / (variance * targetVariance).squareRoot()) : 0
  }

  func apply(_ value: Float) -> Float { gain * value + offset }
}

/// Small systems of linear equations.
enum LinearSystem {
  /// Solves by Cholesky's decomposition of a symmetric matrix; `nil` where it is not positive definite.
  static func solve(_ matrix: [Double], _ vector: [Double], count: Int) -> [Double]? {
    var lower = matrix
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for index in 0..<column { sum -= lower[row * count + index] * lower[column * count + index] }
        if row == column {
          guard sum > 1e-9 * max(1e-9, matrix[row * count + row]) else { return nil }
          lower[row * count + row] = sum.squareRoot()
        } else {
          lower[row * count + column] = sum / lower[column * count + column]
        }
      }
    }
    var result = vector
    for row in 0..<count {
      for index in 0..<row { result[row] -= lower[row * count + index] * result[index] }
      result[row] /= lower[row * count + row]
    }
    for row in (0..<count).reversed() {
      for index in row + 1..<count { result[row] -= lower[index * count + row] * result[index] }
      result[row] /= lower[row * count + row]
    }
    return result
  }
}

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

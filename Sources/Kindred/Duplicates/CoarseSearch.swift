/// Slides one very small picture over another, in several sizes and turns.
///
/// Samples are whole numbers, so that the sums are vector instructions.
struct CoarseSearch {
  /// Sizes of the second picture on the first, as the root of the shares of areas.
  private static let sizes: [Float] = [1, 0.95, 1.055, 0.9, 1.11, 0.85, 1.18, 0.8, 1.25]
  /// Share of the smaller picture's side by which it may stick out.
  private static let margin: Float = 0.14
  /// Shapes further apart are never aligned.
  private static let mostShapeRatio: Float = 1.45

  private let first: SmallPlane
  private let second: PicturePlane

  /// - Parameter side: longer side of the copy of the first.
  init(_ first: PicturePlane, _ second: PicturePlane, side: Int) {
    self.first = SmallPlane(first.reduced(longerSide: side))
    self.second = second
  }

  /// The best places of different turns or sizes, best first.
  func places(_ count: Int) -> [PictureAlignment] {
    var found: [PictureAlignment] = []
    for turn in PictureTurn.allCases {
      let turned = second.turned(turn)
      // From the finer copies' shape: the small ones' is rounded.
      let shape = Float(turned.width) / Float(turned.height) * Float(first.height) / Float(first.width)
      if max(shape, 1 / shape) <= Self.mostShapeRatio {
        for size in turn.isRotated ? [1] : Self.sizes {
          let width = Float(first.width) * size * shape.squareRoot()
          let height = Float(first.height) * size / shape.squareRoot()
          if let place = slide(turned, turn, width: width, height: height, margin: turn.isRotated ? 0 : Self.margin) {
            found.append(place)
          }
        }
      }
      // All of one on all of the other, where the shape was changed.
      if abs(shape - 1) > 0.02, !turn.isRotated,
        let place = slide(turned, turn, width: Float(first.width), height: Float(first.height), margin: 0)
      {
        found.append(place)
      }
    }
    found.sort { $0.correlation > $1.correlation }
    return Array(found.prefix(count))
  }

  private func slide(
    _ turned: PicturePlane, _ turn: PictureTurn, width: Float, height: Float, margin: Float
  ) -> PictureAlignment? {
    let (columns, rows) = (max(1, Int(width.rounded())), max(1, Int(height.rounded())))
    let piece = SmallPlane(turned.resized(width: columns, height: rows))
    let slackX = Int((Float(min(columns, first.width)) * margin).rounded(.up))
    let slackY = Int((Float(min(rows, first.height)) * margin).rounded(.up))
    let (widthDifference, heightDifference) = (first.width - columns, first.height - rows)
    var best: (score: Float, x: Int, y: Int)?
    for y in min(0, heightDifference) - slackY...max(0, heightDifference) + slackY {
      for x in min(0, widthDifference) - slackX...max(0, widthDifference) + slackX {
        let score = first.correlation(with: piece, x: x, y: y)
        if score > best?.score ?? -2 { best = (score, x, y) }
      }
    }
    guard let best else { return nil }
    let (scaleX, scaleY) = (Float(first.width) / Float(columns), Float(first.height) / Float(rows))
    return PictureAlignment(
      turn: turn, scaleX: scaleX, scaleY: scaleY, offsetX: -Float(best.x) / Float(columns),
      offsetY: -Float(best.y) / Float(rows), correlation: best.score)
  }
}

/// A plane of whole numbers about 0 with sums of its rectangles.
private struct SmallPlane {
  let width: Int
  let height: Int
  private let values: [Int16]
  /// Of the rectangle from the top left corner, one column and row more than the plane.
  private var sums: [Int32]
  private var squares: [Int32]

  init(_ plane: PicturePlane) {
    width = plane.width
    height = plane.height
    values = plane.values.map { Int16($0.rounded()) - 128 }
    let stride = width + 1
    sums = [Int32](repeating: 0, count: stride * (height + 1))
    squares = sums
    for y in 0..<height {
      var (sum, square): (Int32, Int32) = (0, 0)
      for x in 0..<width {
        let value = Int32(values[y * width + x])
        sum += value
        square += value * value
        sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + sum
        squares[(y + 1) * stride + x + 1] = squares[y * stride + x + 1] + square
      }
    }
  }

  /// Sums of the samples and of their squares in a rectangle.
  private func totals(_ columns: Range<Int>, _ rows: Range<Int>) -> (sum: Double, square: Double) {
    let stride = width + 1
    let corners = (
      rows.upperBound * stride + columns.upperBound, rows.lowerBound * stride + columns.upperBound,
      rows.upperBound * stride + columns.lowerBound, rows.lowerBound * stride + columns.lowerBound
    )
    return (
      Double(sums[corners.0] - sums[corners.1] - sums[corners.2] + sums[corners.3]),
      Double(squares[corners.0] - squares[corners.1] - squares[corners.2] + squares[corners.3])
    )
  }

  /// Normalised cross-correlation where `piece` has its corner at `(x, y)` of this.
  func correlation(with piece: SmallPlane, x: Int, y: Int) -> Float {
    let columns = max(0, x)..<min(width, x + piece.width)
    let rows = max(0, y)..<min(height, y + piece.height)
    guard columns.count > 0, rows.count > 0 else { return -1 }
    var products: Int64 = 0
    values.withUnsafeBufferPointer { own in
      piece.values.withUnsafeBufferPointer { other in
        guard let own = own.baseAddress, let other = other.baseAddress else { return }
        for row in rows {
          let (left, right) = (
            own + row * width + columns.lowerBound, other + (row - y) * piece.width + columns.lowerBound - x
          )
          var sum: Int32 = 0
          for column in 0..<columns.count { sum &+= Int32(left[column]) &* Int32(right[column]) }
          products += Int64(sum)
        }
      }
    }
    let count = Double(columns.count * rows.count)
    let (ownSum, ownSquare) = totals(columns, rows)
    let (otherSum, otherSquare) = piece.totals(
      columns.lowerBound - x..<columns.upperBound - x, rows.lowerBound - y..<rows.upperBound - y)
    // A little is added to the variances, so that flat pictures don't correlate by their rounding.
    let ownVariance = ownSquare - ownSum * ownSum / count + count
    let otherVariance = otherSquare - otherSum * otherSum / count + count
    return Float((Double(products) - ownSum * otherSum / count) / (ownVariance * otherVariance).squareRoot())
  }
}

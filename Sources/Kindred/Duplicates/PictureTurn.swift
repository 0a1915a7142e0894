/// A turn of a picture by quarters, with or without a mirror.
enum PictureTurn: Int, Sendable, CaseIterable {
  case none, mirror, half, flip, transpose, quarterRight, transverse, quarterLeft

  /// Whether width and height change places.
  var swapsSides: Bool { rawValue >= 4 }
  /// Whether it is a mirror image, turned or not.
  var isMirrored: Bool { self == .mirror || self == .flip || self == .transpose || self == .transverse }
  /// Whether it is turned by a quarter or half.
  var isRotated: Bool { self != .none && self != .mirror }
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

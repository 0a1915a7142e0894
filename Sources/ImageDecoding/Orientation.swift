/// EXIF orientation: which corner of the scene the first stored sample is.
///
/// Source: Exif 2.32, tag 0x0112.
enum Orientation: Int, CaseIterable {
  case upright = 1
  case mirrored
  case rotated180
  case flipped
  /// Rows and columns change places.
  case transposed
  /// To be turned a quarter clockwise.
  case rotated90
  /// Rows and columns change places about the other diagonal.
  case transversed
  /// To be turned a quarter anticlockwise.
  case rotated270

  var swapsSides: Bool { rawValue >= 5 }

  /// The upright size of a stored one.
  func applied(width: Int, height: Int) -> (width: Int, height: Int) {
    swapsSides ? (height, width) : (width, height)
  }

  /// Where a rectangle of the upright picture lies in the stored one, of `width` × `height`.
  func stored(_ upright: Rectangle, width: Int, height: Int) -> Rectangle {
    func reversed(_ range: Range<Int>, in side: Int) -> Range<Int> { side - range.upperBound..<side - range.lowerBound }
    let (columns, rows) = swapsSides ? (upright.rows, upright.columns) : (upright.columns, upright.rows)
    let isMirrored = [.mirrored, .rotated180, .transversed, .rotated270].contains(self)
    let isFlipped = [.flipped, .rotated180, .transversed, .rotated90].contains(self)
    return Rectangle(
      columns: isMirrored ? reversed(columns, in: width) : columns, rows: isFlipped ? reversed(rows, in: height) : rows)
  }
}

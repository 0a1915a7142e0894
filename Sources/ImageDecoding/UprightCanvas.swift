/// Where decoders put rows as they are stored, and they land upright.
///
/// It writes through a pointer into an array that ``RGBImage/make(width:height:orientation:fill:)`` holds for it.
struct UprightCanvas {
  /// Stored columns.
  let width: Int
  /// Stored rows.
  let height: Int
  private let origin: UnsafeMutablePointer<UInt8>
  /// Bytes from one stored column to the next, and from one stored row to the next.
  private let columnStep: Int
  private let rowStep: Int

  fileprivate init(pixels: UnsafeMutablePointer<UInt8>, width: Int, height: Int, orientation: Orientation) {
    self.width = width
    self.height = height
    let stride = orientation.applied(width: width, height: height).width * 3
    let (lastColumn, lastRow) = (width - 1, height - 1)
    let place: (column: Int, row: Int, origin: Int) =
      switch orientation {
      case .upright: (3, stride, 0)
      case .mirrored: (-3, stride, lastColumn * 3)
      case .rotated180: (-3, -stride, lastColumn * 3 + lastRow * stride)
      case .flipped: (3, -stride, lastRow * stride)
      case .transposed: (stride, 3, 0)
      case .rotated90: (stride, -3, lastRow * 3)
      case .transversed: (-stride, -3, lastRow * 3 + lastColumn * stride)
      case .rotated270: (-stride, 3, lastColumn * stride)
      }
    columnStep = place.column
    rowStep = place.row
    origin = pixels + place.origin
  }

  /// The rows that decoders should hand over at once, so that a transposed write fills whole cache lines.
  var preferredRowCount: Int { columnStep == 3 ? 1 : 16 }

  /// Where a decoder may write stored rows in place: non-nil if they land unchanged, one after the other.
  var directRows: UnsafeMutablePointer<UInt8>? {
    columnStep == 3 && rowStep == width * 3 ? origin : nil
  }

  /// Writes `count` whole stored rows of RGB from `row` on.
  func write(rows: UnsafePointer<UInt8>, from row: Int, count: Int) {
    precondition(row >= 0 && count >= 0 && row + count <= height)
    if columnStep == 3 {
      for index in 0..<count {
        (origin + (row + index) * rowStep).update(from: rows + index * width * 3, count: width * 3)
      }
      return
    }
    for column in 0..<width {
      var target = origin + column * columnStep + row * rowStep
      var source = rows + column * 3
      for _ in 0..<count {
        target[0] = source[0]
        target[1] = source[1]
        target[2] = source[2]
        target += rowStep
        source += width * 3
      }
    }
  }

  /// Writes `count` RGB pixels to the stored row `row` at the columns `column`, `column + step`, ….
  func write(pixels: UnsafePointer<UInt8>, count: Int, row: Int, column: Int = 0, step: Int = 1) {
    guard count > 0 else { return }
    precondition(row >= 0 && row < height && column >= 0 && step > 0 && column + (count - 1) * step < width)
    var target = origin + column * columnStep + row * rowStep
    if columnStep == 3 && step == 1 {
      target.update(from: pixels, count: count * 3)
      return
    }
    var source = pixels
    for _ in 0..<count {
      target[0] = source[0]
      target[1] = source[1]
      target[2] = source[2]
      target += step * columnStep
      source += 3
    }
  }

  /// Makes every pixel white.
  func fillWhite() {
    let line = UnsafeMutablePointer<UInt8>.allocate(capacity: width * 3)
    defer { line.deallocate() }
    line.initialize(repeating: 255, count: width * 3)
    for row in 0..<height {
      write(pixels: line, count: width, row: row)
    }
  }
}

extension RGBImage {
  /// A picture of `width` × `height` stored pixels, upright, whose every pixel `fill` writes.
  ///
  /// Nothing is cleared first: `fill` writes each pixel or throws.
  static func make(
    width: Int, height: Int, orientation: Orientation = .upright,
    fill: (UprightCanvas) throws(DecodingFault) -> Void
  ) throws(DecodingFault) -> RGBImage {
    var fault: DecodingFault?
    let count = width * height * 3
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      guard let base = buffer.baseAddress else { return }
      do throws(DecodingFault) {
        try fill(UprightCanvas(pixels: base, width: width, height: height, orientation: orientation))
        initializedCount = count
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    let upright = orientation.applied(width: width, height: height)
    return RGBImage(width: upright.width, height: upright.height, pixels: pixels)
  }
}

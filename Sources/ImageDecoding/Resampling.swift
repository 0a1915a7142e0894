extension RGBImage {
  /// The picture resized so that its shorter side is `shorterSide`, then cropped about its centre to `crop` × `crop`.
  ///
  /// Only the samples that reach the crop are computed, so that the time and memory of a long narrow picture don't
  /// grow with its resized length. The result is that of torchvision's `Resize(shorterSide)` on a Pillow image and
  /// `CenterCrop(crop)`, to the bit: the longer side is `shorterSide * longer / shorter` rounded down, half a pixel of
  /// the crop's place goes to the even side, and a crop beyond the picture is padded with black.
  ///
  /// - Precondition: both arguments are positive.
  public func resizedAndCropped(shorterSide: Int, crop: Int) -> RGBImage {
    precondition(shorterSide > 0 && crop > 0)
    let size = resizedSize(shorterSide: shorterSide)
    let columns = Self.cropPlacement(of: size.width, crop: crop)
    let rows = Self.cropPlacement(of: size.height, crop: crop)
    let part = resized(width: size.width, height: size.height, columns: columns.range, rows: rows.range)
    return part.padded(width: crop, height: crop, left: columns.padding, top: rows.padding)
  }

  /// The picture resized to exactly `width` × `height` with an antialiasing triangle filter, as Pillow's
  /// `resize` with `BILINEAR`.
  ///
  /// - Precondition: both arguments are positive, and `width * height * 3` bytes can be held.
  public func resized(width: Int, height: Int) -> RGBImage {
    precondition(width > 0 && height > 0)
    return resized(width: width, height: height, columns: 0..<width, rows: 0..<height)
  }

  /// The picture resized to fit inside a `longerSide` square, never enlarged; each side is at least 1.
  ///
  /// - Precondition: `longerSide` is positive.
  public func thumbnail(longerSide: Int) -> RGBImage {
    precondition(longerSide > 0)
    let longest = max(width, height)
    guard longest > longerSide else { return self }
    func scaled(_ side: Int) -> Int { max(1, (side * longerSide + longest / 2) / longest) }
    return resized(width: scaled(width), height: scaled(height))
  }

  /// The sides that torchvision's `Resize(shorterSide)` gives.
  func resizedSize(shorterSide: Int) -> (width: Int, height: Int) {
    if width <= height {
      return (shorterSide, shorterSide * height / width)
    }
    return (shorterSide * width / height, shorterSide)
  }

  /// Where a centre crop lies along a side, and the padding before it where the side is shorter.
  static func cropPlacement(of side: Int, crop: Int) -> (range: Range<Int>, padding: Int) {
    guard side >= crop else { return (0..<side, (crop - side) / 2) }
    let slack = side - crop
    // Half of an odd number rounds to even, as Python rounds.
    let start = slack / 2 + (slack % 4 == 3 ? 1 : 0)
    return (start..<start + crop, 0)
  }

  /// A part of the resized picture.
  private func resized(width newWidth: Int, height newHeight: Int, columns: Range<Int>, rows: Range<Int>) -> RGBImage {
    let isWhole = columns.count == newWidth && rows.count == newHeight
    if newWidth == width && newHeight == height && isWhole { return self }
    let horizontalFilter = ResamplingFilter(inputCount: width, outputCount: newWidth, outputRange: columns)
    let verticalFilter = ResamplingFilter(inputCount: height, outputCount: newHeight, outputRange: rows)
    let inputRows = newHeight == height ? rows : verticalFilter.inputRange
    let rowBytes = columns.count * 3
    let filteredRows = [UInt8](unsafeUninitializedCapacity: inputRows.count * rowBytes) { target, count in
      pixels.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        let firstRow = source + inputRows.lowerBound * width * 3
        if newWidth == width {
          for row in 0..<inputRows.count {
            (target + row * rowBytes).initialize(
              from: firstRow + (row * width + columns.lowerBound) * 3, count: rowBytes)
          }
        } else {
          Resampler.horizontal(
            firstRow, sourceStride: width * 3, rowCount: inputRows.count, filter: horizontalFilter, to: target)
        }
        count = inputRows.count * rowBytes
      }
    }
    guard newHeight != height else {
      return RGBImage(width: columns.count, height: rows.count, pixels: filteredRows)
    }
    let result = [UInt8](unsafeUninitializedCapacity: rows.count * rowBytes) { target, count in
      filteredRows.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        Resampler.vertical(
          source, firstRow: inputRows.lowerBound, rowBytes: rowBytes, filter: verticalFilter, to: target)
        count = rows.count * rowBytes
      }
    }
    return RGBImage(width: columns.count, height: rows.count, pixels: result)
  }

  /// The picture on a black ground of `width` × `height`, which are no smaller than it.
  private func padded(width newWidth: Int, height newHeight: Int, left: Int, top: Int) -> RGBImage {
    guard newWidth != width || newHeight != height else { return self }
    var ground = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    for row in 0..<height {
      let start = ((row + top) * newWidth + left) * 3
      ground.replaceSubrange(start..<start + width * 3, with: pixels[row * width * 3..<(row + 1) * width * 3])
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: ground)
  }
}

/// A rectangle of a picture, which knows where in the picture it lies.
struct PicturePart {
  /// Sides of the whole picture.
  let width: Int
  let height: Int
  /// Where the rectangle lies.
  let columns: Range<Int>
  let rows: Range<Int>
  /// The rectangle's samples, `[rows, columns, 3]`.
  let image: RGBImage

  /// - Precondition: the rectangle is inside the picture, and `image` has its size.
  init(width: Int, height: Int, columns: Range<Int>, rows: Range<Int>, image: RGBImage) {
    precondition(columns.count == image.width && columns.lowerBound >= 0 && columns.upperBound <= width)
    precondition(rows.count == image.height && rows.lowerBound >= 0 && rows.upperBound <= height)
    self.width = width
    self.height = height
    self.columns = columns
    self.rows = rows
    self.image = image
  }

  init(_ image: RGBImage) {
    self.init(
      width: image.width, height: image.height, columns: 0..<image.width, rows: 0..<image.height, image: image)
  }

  /// The whole picture's form.
  /// - Precondition: the rectangle holds what the form draws on.
  func formed(_ form: PictureForm) -> RGBImage {
    let plan = FormPlan(form, width: width, height: height)
    return resized(width: plan.width, height: plan.height, columns: plan.columns, rows: plan.rows)
      .padded(width: plan.side, height: plan.side, left: plan.left, top: plan.top)
  }

  /// A part of the resized picture.
  /// - Precondition: the rectangle holds the samples that it draws on.
  func resized(
    width newWidth: Int, height newHeight: Int, columns wantedColumns: Range<Int>, rows wantedRows: Range<Int>
  ) -> RGBImage {
    let rowBytes = wantedColumns.count * 3
    let verticalFilter =
      newHeight == height
      ? nil : ResamplingFilter(inputCount: height, outputCount: newHeight, outputRange: wantedRows)
    let inputRows = verticalFilter?.inputRange ?? wantedRows
    precondition(rows.contains(inputRows))
    let firstRow = inputRows.lowerBound - rows.lowerBound
    let filteredRows: RGBImage
    if newWidth == width {
      precondition(columns.contains(wantedColumns))
      if verticalFilter == nil && wantedColumns == columns && wantedRows == rows { return image }
      filteredRows = image.cut(
        columns: wantedColumns.lowerBound - columns.lowerBound..<wantedColumns.upperBound - columns.lowerBound,
        rows: firstRow..<firstRow + inputRows.count)
    } else {
      let filter = ResamplingFilter(inputCount: width, outputCount: newWidth, outputRange: wantedColumns)
      precondition(columns.contains(filter.inputRange))
      filteredRows = RGBImage(
        width: wantedColumns.count, height: inputRows.count,
        pixels: Resampler.horizontal(
          image, rows: firstRow..<firstRow + inputRows.count, firstColumn: columns.lowerBound, filter: filter))
    }
    guard let verticalFilter else { return filteredRows }
    return RGBImage(
      width: wantedColumns.count, height: wantedRows.count,
      pixels: Resampler.vertical(
        filteredRows.pixels, firstRow: inputRows.lowerBound, rowBytes: rowBytes, filter: verticalFilter))
  }
}

extension Range {
  fileprivate func contains(_ other: Range) -> Bool {
    other.isEmpty || (lowerBound <= other.lowerBound && other.upperBound <= upperBound)
  }
}

extension RGBImage {
  /// A rectangle of the picture.
  fileprivate func cut(columns: Range<Int>, rows: Range<Int>) -> RGBImage {
    guard columns.count != width || rows.count != height else { return self }
    var part: [UInt8] = []
    part.reserveCapacity(columns.count * rows.count * 3)
    for row in rows {
      part += pixels[(row * width + columns.lowerBound) * 3..<(row * width + columns.upperBound) * 3]
    }
    return RGBImage(width: columns.count, height: rows.count, pixels: part)
  }

  /// The picture on a black ground of `width` × `height`, which are no smaller than it.
  fileprivate func padded(width newWidth: Int, height newHeight: Int, left: Int, top: Int) -> RGBImage {
    guard newWidth != width || newHeight != height else { return self }
    var ground = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    for row in 0..<height {
      let start = ((row + top) * newWidth + left) * 3
      ground.replaceSubrange(start..<start + width * 3, with: pixels[row * width * 3..<(row + 1) * width * 3])
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: ground)
  }
}

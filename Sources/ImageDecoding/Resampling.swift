extension RGBImage {
  /// The picture as a square; see ``PictureForm``.
  ///
  /// Only the samples that reach it are computed, so that the time and memory of a long narrow picture don't grow with
  /// its resized length.
  ///
  /// - Precondition: the form's sides are positive.
  public func formed(_ form: PictureForm) -> RGBImage { PicturePart(self).formed(form) }

  /// The picture resized so that its shorter side is `shorterSide`, then cropped about its centre to `crop` × `crop`:
  /// ``PictureForm/centerCrop(shorterSide:side:)``.
  ///
  /// - Precondition: both arguments are positive.
  public func resizedAndCropped(shorterSide: Int, crop: Int) -> RGBImage {
    precondition(shorterSide > 0 && crop > 0)
    return formed(.centerCrop(shorterSide: shorterSide, side: crop))
  }

  /// The picture resized to exactly `width` × `height` with an antialiasing triangle filter, as Pillow's
  /// `resize` with `BILINEAR`.
  ///
  /// - Precondition: both arguments are positive, and `width * height * 3` bytes can be held.
  public func resized(width: Int, height: Int) -> RGBImage {
    precondition(width > 0 && height > 0)
    return PicturePart(self).resized(width: width, height: height, columns: 0..<width, rows: 0..<height)
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

  /// Where a centre crop lies along a side, and the padding before it where the side is shorter.
  static func cropPlacement(of side: Int, crop: Int) -> (range: Range<Int>, padding: Int) {
    guard side >= crop else { return (0..<side, (crop - side) / 2) }
    let slack = side - crop
    // Half of an odd number rounds to even, as Python rounds.
    let start = slack / 2 + (slack % 4 == 3 ? 1 : 0)
    return (start..<start + crop, 0)
  }
}

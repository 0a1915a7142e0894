extension RGBImage {
  /// The picture resized so that its shorter side is `shorterSide`, then cropped about its centre to `crop` × `crop`.
  ///
  /// Only the samples that reach the crop are computed.
  public func resizedAndCropped(shorterSide: Int, crop: Int) -> RGBImage { self }

  /// The picture resized to exactly `width` × `height` with an antialiasing triangle filter.
  public func resized(width: Int, height: Int) -> RGBImage { self }

  /// The picture resized to fit inside a `longerSide` square, never enlarged.
  public func thumbnail(longerSide: Int) -> RGBImage { self }
}

extension RGBImage {
  /// The picture as a baseline JPEG file.
  /// - Parameter quality: 1 to 100.
  public func jpegData(quality: Int = 80) -> [UInt8] { [] }
}

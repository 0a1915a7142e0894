import CJPEG

extension RGBImage {
  /// The longest side that a JPEG file can have.
  public static let longestJPEGSide = 65_500

  /// The picture as a baseline JPEG file with chroma at half resolution.
  /// - Parameter quality: 1 to 100; other values are brought into that range.
  /// - Returns: The file; empty where a side is over ``longestJPEGSide`` or memory runs out.
  public func jpegData(quality: Int = 80) -> [UInt8] {
    guard max(width, height) <= Self.longestJPEGSide else { return [] }
    var file: UnsafeMutablePointer<UInt8>?
    var count = 0
    let status = pixels.withUnsafeBufferPointer { buffer in
      kindred_jpeg_encode(
        buffer.baseAddress, UInt32(width), UInt32(height), Int32(min(max(quality, 1), 100)), &file, &count)
    }
    defer { kindred_jpeg_free(file) }
    guard status == KINDRED_JPEG_OK, let file else { return [] }
    return Array(UnsafeBufferPointer(start: file, count: count))
  }
}

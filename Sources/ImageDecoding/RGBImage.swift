/// A picture of 8-bit red, green and blue samples, upright, in sRGB's transfer curve as the file had it.
public struct RGBImage: Sendable, Equatable {
  /// Columns, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// Samples, row by row from the top, `[height, width, 3]`, interleaved R, G, B.
  public var pixels: [UInt8]

  /// - Precondition: `pixels.count == width * height * 3`, and neither side is zero.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

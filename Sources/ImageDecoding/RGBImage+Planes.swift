import CPixels

/// What is done to samples on their way to a network.
public struct SampleNormalization: Sendable, Equatable {
  /// Which sample of R, G, B each channel is.
  public var sources: [Int]
  /// What samples of 0…255 are multiplied with before the mean is subtracted.
  public var scale: Float
  /// Subtracted, one a channel.
  public var mean: [Float]
  /// Divided by, one a channel.
  public var deviation: [Float]

  /// - Precondition: there are three of each, and sources are 0 to 2.
  public init(sources: [Int], scale: Float, mean: [Float], deviation: [Float]) {
    precondition(sources.count == 3 && mean.count == 3 && deviation.count == 3)
    precondition(sources.allSatisfy { (0..<3).contains($0) })
    self.sources = sources
    self.scale = scale
    self.mean = mean
    self.deviation = deviation
  }
}

extension RGBImage {
  /// Writes a square of the picture as three planes of normalised samples, `[3, side, side]`.
  /// - Parameters:
  ///   - target: where they are written; `3 * side * side` numbers.
  ///   - x: the square's first column.
  ///   - y: the square's first row.
  ///   - side: the square's columns and rows.
  ///   - isMirrored: whether columns are written from back to front.
  ///   - normalization: what is done to the samples, each step rounded to single precision.
  /// - Precondition: the square is inside the picture, and `target` has its size.
  public func writePlanes(
    to target: UnsafeMutableBufferPointer<Float>, x: Int, y: Int, side: Int, isMirrored: Bool,
    normalization: SampleNormalization
  ) {
    precondition(x >= 0 && y >= 0 && side > 0 && x + side <= width && y + side <= height)
    precondition(target.count == 3 * side * side)
    guard let target = target.baseAddress else { return }
    let sources = normalization.sources.map { Int32($0) }
    pixels.withUnsafeBufferPointer { pixels in
      guard let pixels = pixels.baseAddress else { return }
      for row in 0..<side {
        kindred_pixels_normalize(
          pixels + ((y + row) * width + x) * 3, side, sources, normalization.scale, normalization.mean,
          normalization.deviation, isMirrored ? 1 : 0, target + row * side, side * side)
      }
    }
  }
}

import ImageDecoding

/// A small upright copy of a picture, which ``PictureComparison`` compares: brightness with a longer side of at most
/// 128 samples, colour with a quarter of that.
public struct PictureSignature: Sendable, Equatable {
  /// Samples of the longer side; more for narrow pictures, so that the shorter one has 16 where the picture has them.
  public static let longerSide = 128
  private static let leastShorterSide = 16
  private static let mostLongerSide = 512
  private static let chromaDivisor = 4

  /// Columns and rows of ``luma``.
  public let width: Int
  public let height: Int
  /// Brightness (BT.601), `[height, width]`.
  public let luma: [UInt8]
  let chromaWidth: Int
  let chromaHeight: Int
  /// Blue and red difference, 128 where there is no colour, each `[chromaHeight, chromaWidth]`.
  let blueDifference: [UInt8]
  let redDifference: [UInt8]
  /// Whether it is a drawing of two tones without colour: letters, signs, notes, pages of text. There a mirrored, turned
  /// or cropped picture is another one (b, d and p; O and Ö), and so is one with a small difference.
  let isLineArt: Bool
  /// Columns and rows of the picture.
  public let pictureWidth: Int
  public let pictureHeight: Int

  /// Bytes that it holds.
  var byteCount: Int { luma.count + 2 * blueDifference.count + MemoryLayout<Self>.size }

  /// - Parameters:
  ///   - image: the picture, upright, perhaps decoded in a smaller size.
  ///   - pictureWidth: columns of the whole picture, where `image` is smaller.
  ///   - pictureHeight: rows of it.
  public init(_ image: RGBImage, pictureWidth: Int? = nil, pictureHeight: Int? = nil) {
    self.pictureWidth = pictureWidth ?? image.width
    self.pictureHeight = pictureHeight ?? image.height
    let size = Self.size(width: image.width, height: image.height)
    let small = image.resized(width: size.width, height: size.height)
    width = small.width
    height = small.height
    let count = small.width * small.height
    var (luma, blue, red) = ([UInt8](), [Float](), [Float]())
    luma.reserveCapacity(count)
    blue.reserveCapacity(count)
    red.reserveCapacity(count)
    small.pixels.withUnsafeBufferPointer { pixels in
      for index in 0..<count {
        let (r, g, b) = (Float(pixels[3 * index]), Float(pixels[3 * index + 1]), Float(pixels[3 * index + 2]))
        let y = 0.299 * r + 0.587 * g + 0.114 * b
        luma.append(UInt8(min(255, y.rounded())))
        blue.append(0.564 * (b - y) + 128)
        red.append(0.713 * (r - y) + 128)
      }
    }
    self.luma = luma
    func share(_ side: Int) -> Int { max(1, (side + Self.chromaDivisor / 2) / Self.chromaDivisor) }
    let (columns, rows) = (share(small.width), share(small.height))
    func coarse(_ values: [Float]) -> [UInt8] {
      PicturePlane(width: small.width, height: small.height, values: values).resized(width: columns, height: rows)
        .values
        .map { UInt8(max(0, min(255, $0.rounded()))) }
    }
    chromaWidth = columns
    chromaHeight = rows
    blueDifference = coarse(blue)
    redDifference = coarse(red)
    isLineArt = Self.isLineArt(luma: luma, blueDifference: blueDifference, redDifference: redDifference)
  }

  /// The size of ``luma`` for a picture; never larger than the picture.
  static func size(width: Int, height: Int) -> (width: Int, height: Int) {
    let (shorter, longer) = (Double(min(width, height)), Double(max(width, height)))
    var scale = max(Double(longerSide) / longer, Double(leastShorterSide) / shorter)
    scale = min(1, scale, Double(mostLongerSide) / longer)
    func scaled(_ side: Int) -> Int { max(1, Int((Double(side) * scale).rounded())) }
    return (scaled(width), scaled(height))
  }

  var lumaPlane: PicturePlane { PicturePlane(width: width, height: height, bytes: luma) }
  var blueDifferencePlane: PicturePlane {
    PicturePlane(width: chromaWidth, height: chromaHeight, bytes: blueDifference)
  }
  var redDifferencePlane: PicturePlane { PicturePlane(width: chromaWidth, height: chromaHeight, bytes: redDifference) }

  /// Whether all samples are those of another, and the pictures are of one size.
  func hasSameSamples(as other: PictureSignature) -> Bool { self == other }
}

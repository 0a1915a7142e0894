/// Why a decoder gave up; ``ImageDecoder`` adds the path and makes it an ``ImageDecodingError``.
struct DecodingFault: Error, Equatable {
  var code: ImageDecodingError.Code
  var reason: String

  init(_ code: ImageDecodingError.Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

/// Columns and rows of a picture as stored, known to be at least 1 and within the limit on pixels.
struct PixelSize: Equatable {
  let width: Int
  let height: Int

  /// The size that a header claims.
  /// - Parameter canBeRaised: The limit is the user's, not a decoder's own.
  /// - Throws: `zeroSized`, or `tooManyPixels` with the numbers and the limit.
  init(width: Int, height: Int, limit: Int, canBeRaised: Bool = true) throws(DecodingFault) {
    guard width > 0, height > 0 else {
      throw DecodingFault(.zeroSized, "\(width) × \(height): a side of zero")
    }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= limit, count <= Int.max / 64 else {
      let pixels = overflow ? "too many pixels" : Self.megapixels(count)
      let remedy = canBeRaised ? "; raise it with --max-megapixels" : ", which is the decoder's own"
      throw DecodingFault(
        .tooManyPixels,
        "\(width) × \(height) = \(pixels), more than the limit of \(Self.megapixels(limit, unit: false))\(remedy)")
    }
    self.width = width
    self.height = height
  }

  var pixelCount: Int { width * height }

  /// Hundredths of a megapixel are enough to tell a count from the limit that it passes, but for very small ones.
  private static func megapixels(_ count: Int, unit: Bool = true) -> String {
    let unitName = unit ? " megapixels" : ""
    let whole = count / 1_000_000
    let remainder = count % 1_000_000
    if remainder == 0 { return "\(whole)\(unitName)" }
    var digits = String(remainder)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)\(unitName)"
  }
}

/// Which decoder takes which format, and what their answers have in common.
enum DecoderTable {
  static func decode(
    _ bytes: [UInt8], format: ImageFormat, options: DecodingOptions
  ) throws(DecodingFault) -> DecodedImage {
    let decoded =
      switch format {
      case .jpeg: try JPEGDecoder.decode(bytes, options: options)
      case .png: try PNGDecoder.decode(bytes, options: options)
      case .webp: try WebPDecoder.decode(bytes, options: options)
      case .heic, .avif: try HEIFDecoder.decode(bytes, options: options)
      }
    let upright = decoded.exif.orientation.applied(width: decoded.size.width, height: decoded.size.height)
    return DecodedImage(
      image: decoded.image,
      metadata: ImageMetadata(
        format: format, width: upright.width, height: upright.height, captureDate: decoded.exif.captureDate,
        camera: decoded.exif.camera))
  }

  static func header(
    of bytes: [UInt8], format: ImageFormat, options: DecodingOptions
  ) throws(DecodingFault) -> ImageHeader {
    let (width, height, bytesBesidePixels): (Int, Int, (PixelSize) -> Int)
    var scale = { (_: PixelSize) in 1 }
    switch format {
    case .jpeg:
      let header = try JPEGDecoder.header(of: bytes)
      (width, height) = (header.width, header.height)
      bytesBesidePixels = { $0.width * 256 + header.coefficientBytes }
      scale = { JPEGDecoder.denominator(for: $0, options: options) }
    case .png:
      (width, height) = try PNGDecoder.header(of: ByteView(bytes))
      bytesBesidePixels = { $0.width * 32 }
    case .webp:
      (width, height) = try WebPDecoder.header(of: bytes)
      // Lossless pictures are held as 32-bit pixels, then as RGBA, before alpha is laid over white.
      bytesBesidePixels = { $0.pixelCount * 8 + $0.width * 256 }
    case .heic, .avif:
      let header = try HEIFDecoder.header(of: bytes, options: options)
      (width, height) = (header.width, header.height)
      bytesBesidePixels = { _ in header.decodingBytes }
    }
    let size = try PixelSize(width: width, height: height, limit: options.maximumPixels)
    let pixelBytes = (size.width / scale(size) + 1) * (size.height / scale(size) + 1) * 3
    return ImageHeader(
      format: format, width: width, height: height,
      estimatedDecodingBytes: pixelBytes + bytesBesidePixels(size) + (1 << 20))
  }
}

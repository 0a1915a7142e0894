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
    return DecodedImage(image: decoded.image, metadata: metadata(format, size: decoded.size, exif: decoded.exif))
  }

  static func decode(
    _ bytes: [UInt8], format: ImageFormat, options: DecodingOptions, forms: [PictureForm]
  ) throws(DecodingFault) -> FormedImages {
    guard format == .jpeg else {
      let decoded = try decode(bytes, format: format, options: options)
      return FormedImages(images: forms.map { decoded.image.formed($0) }, metadata: decoded.metadata)
    }
    let decoded = try JPEGDecoder.decode(bytes, options: options, forms: forms)
    return FormedImages(images: decoded.images, metadata: metadata(format, size: decoded.size, exif: decoded.exif))
  }

  private static func metadata(_ format: ImageFormat, size: PixelSize, exif: EXIF) -> ImageMetadata {
    let upright = exif.orientation.applied(width: size.width, height: size.height)
    return ImageMetadata(
      format: format, width: upright.width, height: upright.height, captureDate: exif.captureDate, camera: exif.camera)
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

import CWebP

/// WebP through libwebp: lossy, lossless, with alpha, and the first frame of an animation on its canvas.
enum WebPDecoder {
  static func header(of bytes: [UInt8]) throws(DecodingFault) -> (width: Int, height: Int) {
    var features = WebPBitstreamFeatures()
    let status = bytes.withUnsafeBufferPointer { WebPGetFeatures($0.baseAddress, $0.count, &features) }
    try check(status)
    return (Int(features.width), Int(features.height))
  }

  static func decode(
    _ bytes: [UInt8], options: DecodingOptions
  ) throws(DecodingFault) -> (image: RGBImage, size: PixelSize, exif: EXIF) {
    let header = try header(of: bytes)
    let size = try PixelSize(width: header.width, height: header.height, limit: options.maximumPixels)
    var result: Result<(RGBImage, EXIF), DecodingFault>?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(DecodingFault) {
        let file = try WebPFile(buffer)
        guard file.canvas == (size.width, size.height) else {
          throw DecodingFault(.corrupt, "bad WebP: two sizes in one header")
        }
        let exif = file.exif
        let image = try RGBImage.make(width: size.width, height: size.height, orientation: exif.orientation) {
          (canvas) throws(DecodingFault) in
          try file.decodeFirstFrame(to: canvas)
        }
        result = .success((image, exif))
      } catch {
        result = .failure(error)
      }
    }
    guard let result else { throw DecodingFault(.empty, "no bytes") }
    let (image, exif) = try result.get()
    return (image, size, exif)
  }

  fileprivate static func check(_ status: VP8StatusCode) throws(DecodingFault) {
    switch status {
    case VP8_STATUS_OK: return
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED:
      throw DecodingFault(.truncated, "truncated WebP: the file ends before the picture does")
    case VP8_STATUS_OUT_OF_MEMORY: throw DecodingFault(.unreadable, "not enough memory to decode WebP")
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw DecodingFault(.unsupportedFormat, "unsupported format: WebP with an unknown feature")
    default: throw DecodingFault(.corrupt, "bad WebP: the bitstream contradicts itself")
    }
  }
}

/// A parsed file; the bytes must outlive it.
private final class WebPFile {
  private let demuxer: OpaquePointer

  init(_ buffer: UnsafeBufferPointer<UInt8>) throws(DecodingFault) {
    var data = WebPData(bytes: buffer.baseAddress, size: buffer.count)
    if let demuxer = WebPDemux(&data) {
      self.demuxer = demuxer
      return
    }
    // A partial parse tells a file that stops short from one that is wrong.
    var state = WEBP_DEMUX_PARSE_ERROR
    if let partial = WebPDemuxPartial(&data, &state) { WebPDemuxDelete(partial) }
    if state == WEBP_DEMUX_PARSE_ERROR {
      throw DecodingFault(.corrupt, "bad WebP: its chunks contradict each other")
    }
    throw DecodingFault(.truncated, "truncated WebP: the file ends before the picture does")
  }

  deinit {
    WebPDemuxDelete(demuxer)
  }

  var canvas: (Int, Int) {
    (Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH)), Int(WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT)))
  }

  var exif: EXIF {
    var iterator = WebPChunkIterator()
    guard WebPDemuxGetChunk(demuxer, "EXIF", 1, &iterator) != 0 else { return EXIF() }
    defer { WebPDemuxReleaseChunkIterator(&iterator) }
    return EXIF(block: ByteView(Array(UnsafeBufferPointer(start: iterator.chunk.bytes, count: iterator.chunk.size))))
  }

  func decodeFirstFrame(to canvas: UprightCanvas) throws(DecodingFault) {
    var frame = WebPIterator()
    guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else {
      throw DecodingFault(.corrupt, "bad WebP: it holds no frame")
    }
    defer { WebPDemuxReleaseIterator(&frame) }
    var config = WebPDecoderConfig()
    guard WebPInitDecoderConfig(&config) != 0 else {
      throw DecodingFault(.unreadable, "libwebp is of another version than Kindred was built for")
    }
    try WebPDecoder.check(WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input))
    let (width, height) = (Int(config.input.width), Int(config.input.height))
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    guard left >= 0, top >= 0, width > 0, height > 0, left + width <= canvas.width, top + height <= canvas.height else {
      throw DecodingFault(.corrupt, "bad WebP: a frame outside its canvas")
    }
    let hasAlpha = config.input.has_alpha != 0
    let fillsCanvas = width == canvas.width && height == canvas.height
    if !hasAlpha, fillsCanvas, let rows = canvas.directRows {
      try decode(frame.fragment, &config, to: rows, width: width, height: height, bytesPerPixel: 3)
      return
    }
    if !fillsCanvas { canvas.fillWhite() }
    let bytesPerPixel = hasAlpha ? 4 : 3
    let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: width * height * bytesPerPixel)
    defer { pixels.deallocate() }
    try decode(frame.fragment, &config, to: pixels, width: width, height: height, bytesPerPixel: bytesPerPixel)
    for row in 0..<height {
      let line = pixels + row * width * bytesPerPixel
      if hasAlpha { AlphaCompositing.overWhite(line, to: line, count: width) }
      canvas.write(pixels: line, count: width, row: top + row, column: left)
    }
  }

  private func decode(
    _ data: WebPData, _ config: inout WebPDecoderConfig, to pixels: UnsafeMutablePointer<UInt8>, width: Int,
    height: Int, bytesPerPixel: Int
  ) throws(DecodingFault) {
    config.output.colorspace = bytesPerPixel == 4 ? MODE_RGBA : MODE_RGB
    config.output.is_external_memory = 1
    config.output.u.RGBA.rgba = pixels
    config.output.u.RGBA.stride = Int32(width * bytesPerPixel)
    config.output.u.RGBA.size = width * height * bytesPerPixel
    let status = WebPDecode(data.bytes, data.size, &config)
    WebPFreeDecBuffer(&config.output)
    try WebPDecoder.check(status)
  }
}

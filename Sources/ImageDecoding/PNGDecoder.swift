import CSPNG

/// PNG through libspng, one scanline at a time.
///
/// Samples of 16 bits are cut to their upper 8, as Pillow does for colour. Gamma and colour profiles are not applied.
enum PNGDecoder {
  /// Palettes and transparency, all that libspng is left to hold, have under a kilobyte.
  private static let longestChunk = 1 << 16

  /// The header chunk, by the book's fixed offsets, so that faults in it can be named.
  static func header(of view: ByteView) throws(DecodingFault) -> (width: Int, height: Int) {
    guard let width = view.unsigned(at: 16, byteCount: 4), let height = view.unsigned(at: 20, byteCount: 4) else {
      throw DecodingFault(.truncated, "truncated PNG: the file ends in its header")
    }
    let firstChunk = view.fourCharacterCode(at: 12)
    if firstChunk == "CgBI" {
      throw DecodingFault(.unsupportedFormat, "unsupported format: PNG as Apple compiles it (CgBI)")
    }
    guard firstChunk == "IHDR" else {
      throw DecodingFault(.corrupt, "bad PNG: it does not start with a header chunk")
    }
    return (width, height)
  }

  static func decode(
    _ bytes: [UInt8], options: DecodingOptions
  ) throws(DecodingFault) -> (image: RGBImage, size: PixelSize, exif: EXIF) {
    let view = ByteView(bytes)
    let header = try header(of: view)
    let size = try PixelSize(width: header.width, height: header.height, limit: options.maximumPixels)
    let chunks = PNGChunks(view)
    let exif = chunks.exif
    var result: Result<RGBImage, DecodingFault>?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(DecodingFault) {
        let stream = PNGStream(buffer, ranges: chunks.essentials)
        result = .success(try decode(stream, size: size, orientation: exif.orientation))
      } catch {
        result = .failure(error)
      }
    }
    guard let result else { throw DecodingFault(.empty, "no bytes") }
    if case .failure(let fault) = result, fault.code == .corrupt, chunks.areCut {
      // libspng may stumble over what is missing before it notices the end.
      throw DecodingFault(.truncated, "truncated PNG: the file ends before the picture does")
    }
    return (try result.get(), size, exif)
  }

  private static func decode(
    _ stream: PNGStream, size: PixelSize, orientation: Orientation
  ) throws(DecodingFault) -> RGBImage {
    guard let context = spng_ctx_new(0) else {
      throw DecodingFault(.unreadable, "not enough memory to decode PNG")
    }
    defer { spng_ctx_free(context) }
    defer { withExtendedLifetime(stream) {} }
    try check(spng_set_png_stream(context, PNGStream.read, Unmanaged.passUnretained(stream).toOpaque()))
    try check(spng_set_chunk_limits(context, longestChunk, longestChunk))
    try check(spng_set_crc_action(context, Int32(SPNG_CRC_ERROR.rawValue), Int32(SPNG_CRC_DISCARD.rawValue)))
    var header = spng_ihdr()
    try check(spng_get_ihdr(context, &header))
    guard Int(header.width) == size.width, Int(header.height) == size.height else {
      throw DecodingFault(.corrupt, "bad PNG: two sizes in one header")
    }
    var transparency = spng_trns()
    let hasAlpha = header.color_type & 4 != 0 || spng_get_trns(context, &transparency) == 0
    let format = hasAlpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8
    let flags = SPNG_DECODE_PROGRESSIVE.rawValue | (hasAlpha ? SPNG_DECODE_TRNS.rawValue : 0)
    try check(spng_decode_image(context, nil, 0, Int32(format.rawValue), Int32(flags)))
    return try RGBImage.make(width: size.width, height: size.height, orientation: orientation) {
      (canvas) throws(DecodingFault) in
      let scanlines = Scanlines(
        context: context, bytesPerPixel: hasAlpha ? 4 : 3, isInterlaced: header.interlace_method != 0)
      try scanlines.read(to: canvas)
    }
  }

  fileprivate static func check(_ status: Int32) throws(DecodingFault) {
    guard status != 0 else { return }
    let message = spng_strerror(status).map { String(cString: $0) } ?? "error \(status)"
    if status == SPNG_IO_EOF.rawValue || status == Int32(SPNG_EOF.rawValue) {
      throw DecodingFault(.truncated, "truncated PNG: the file ends before the picture does")
    }
    throw DecodingFault(status == Int32(SPNG_EMEM.rawValue) ? .unreadable : .corrupt, "bad PNG: \(message)")
  }
}

/// The scanlines of a started decode, put in their places, with Adam7's passes undone.
private struct Scanlines {
  let context: OpaquePointer
  let bytesPerPixel: Int
  let isInterlaced: Bool

  /// First column and step of each Adam7 pass.
  private static let columns: [(first: Int, step: Int)] = [(0, 8), (4, 8), (0, 4), (2, 4), (0, 2), (1, 2), (0, 1)]

  func read(to canvas: UprightCanvas) throws(DecodingFault) {
    let lineBytes = canvas.width * bytesPerPixel
    let line = UnsafeMutablePointer<UInt8>.allocate(capacity: lineBytes)
    defer { line.deallocate() }
    var pixelsWritten = 0
    while true {
      var info = spng_row_info()
      try PNGDecoder.check(spng_get_row_info(context, &info))
      let status = spng_decode_scanline(context, line, lineBytes)
      let isLast = status == Int32(SPNG_EOI.rawValue)
      if !isLast { try PNGDecoder.check(status) }
      let place = isInterlaced ? Self.columns[min(max(Int(info.pass), 0), 6)] : (first: 0, step: 1)
      let count = max(0, (canvas.width - place.first + place.step - 1) / place.step)
      if bytesPerPixel == 4 { AlphaCompositing.overWhite(line, to: line, count: count) }
      canvas.write(pixels: line, count: count, row: Int(info.row_num), column: place.first, step: place.step)
      pixelsWritten += count
      if isLast { break }
    }
    // Every pixel is in exactly one scanline, and the picture's memory was not cleared.
    guard pixelsWritten == canvas.width * canvas.height else {
      throw DecodingFault(.corrupt, "bad PNG: fewer scanlines than the header says")
    }
  }
}

import CJPEG

/// JPEG through libjpeg-turbo.
enum JPEGDecoder {
  /// More scans than any encoder writes (mozjpeg's search ends below 20); each costs a pass over the picture.
  static let maximumScans = 128

  struct Header {
    var width: Int
    var height: Int
    /// What libjpeg holds of a picture of several scans.
    var coefficientBytes: Int
  }

  static func header(of bytes: [UInt8]) throws(DecodingFault) -> Header {
    try withReader(bytes) { (_, header) throws(DecodingFault) in header }
  }

  static func decode(
    _ bytes: [UInt8], options: DecodingOptions
  ) throws(DecodingFault) -> (image: RGBImage, size: PixelSize, exif: EXIF) {
    let exif = JPEGSegments.exif(in: ByteView(bytes))
    return try withReader(bytes) { (reader, header) throws(DecodingFault) in
      let size = try PixelSize(width: header.width, height: header.height, limit: options.maximumPixels)
      let denominator = denominator(for: size, options: options)
      var (scaledWidth, scaledHeight) = (UInt32(0), UInt32(0))
      try check(
        kindred_jpeg_reader_start(reader, UInt32(denominator), Int32(maximumScans), &scaledWidth, &scaledHeight),
        reader)
      let image = try RGBImage.make(
        width: Int(scaledWidth), height: Int(scaledHeight), orientation: exif.orientation
      ) { (canvas) throws(DecodingFault) in
        try readRows(of: reader, to: canvas)
      }
      return (image, size, exif)
    }
  }

  /// The largest of 8, 4, 2 that leaves the shorter side long enough, else 1.
  static func denominator(for size: PixelSize, options: DecodingOptions) -> Int {
    guard options.path == .fast else { return 1 }
    let shorterSide = min(size.width, size.height)
    // libjpeg rounds scaled sides up.
    return [8, 4, 2].first { (shorterSide + $0 - 1) / $0 >= options.minimumShorterSide } ?? 1
  }

  private static func readRows(of reader: OpaquePointer, to canvas: UprightCanvas) throws(DecodingFault) {
    if let rows = canvas.directRows {
      try check(kindred_jpeg_reader_read_rows(reader, rows, UInt32(canvas.height)), reader)
      return
    }
    let stripe = UnsafeMutablePointer<UInt8>.allocate(capacity: canvas.width * 3 * canvas.preferredRowCount)
    defer { stripe.deallocate() }
    for row in stride(from: 0, to: canvas.height, by: canvas.preferredRowCount) {
      let count = min(canvas.preferredRowCount, canvas.height - row)
      try check(kindred_jpeg_reader_read_rows(reader, stripe, UInt32(count)), reader)
      canvas.write(rows: stripe, from: row, count: count)
    }
  }

  private static func withReader<Value>(
    _ bytes: [UInt8], _ body: (OpaquePointer, Header) throws(DecodingFault) -> Value
  ) throws(DecodingFault) -> Value {
    var result: Result<Value, DecodingFault>?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(DecodingFault) {
        guard let reader = kindred_jpeg_reader_create(buffer.baseAddress, buffer.count) else {
          throw DecodingFault(.unreadable, "not enough memory to decode JPEG")
        }
        defer { kindred_jpeg_reader_destroy(reader) }
        var info = kindred_jpeg_info()
        try check(kindred_jpeg_reader_read_header(reader, &info), reader)
        let header = Header(
          width: Int(info.width), height: Int(info.height), coefficientBytes: Int(clamping: info.coefficient_bytes))
        result = .success(try body(reader, header))
      } catch {
        result = .failure(error)
      }
    }
    guard let result else { throw DecodingFault(.empty, "no bytes") }
    return try result.get()
  }

  private static func check(_ status: kindred_jpeg_status, _ reader: OpaquePointer) throws(DecodingFault) {
    let code: ImageDecodingError.Code
    switch status {
    case KINDRED_JPEG_OK: return
    case KINDRED_JPEG_TRUNCATED: code = .truncated
    case KINDRED_JPEG_UNSUPPORTED: code = .unsupportedFormat
    case KINDRED_JPEG_ZERO_SIZED: code = .zeroSized
    case KINDRED_JPEG_OUT_OF_MEMORY: code = .unreadable
    default: code = .corrupt
    }
    let message = String(cString: kindred_jpeg_reader_message(reader))
    throw DecodingFault(code, "\(code == .truncated ? "truncated" : "bad") JPEG: \(message)")
  }
}

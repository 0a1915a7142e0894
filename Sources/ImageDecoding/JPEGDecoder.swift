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
    let (part, size, exif) = try decodePart(bytes, options: options) { (size) in
      (denominator(for: size, options: options), nil)
    }
    return (part.image, size, exif)
  }

  /// Decodes no more of a picture than its forms draw on. With the exact path they are those of the whole picture, to
  /// the bit.
  static func decode(
    _ bytes: [UInt8], options: DecodingOptions, forms: [PictureForm]
  ) throws(DecodingFault) -> (images: [RGBImage], size: PixelSize, exif: EXIF) {
    var options = options
    options.minimumShorterSide = forms.map(\.shorterSide).max() ?? options.minimumShorterSide
    let (part, size, exif) = try decodePart(bytes, options: options) { (size) in
      (denominator(for: size, options: options), forms)
    }
    return (forms.map { part.formed($0) }, size, exif)
  }

  private static func decodePart(
    _ bytes: [UInt8], options: DecodingOptions, plan: (PixelSize) -> (denominator: Int, forms: [PictureForm]?)
  ) throws(DecodingFault) -> (part: PicturePart, size: PixelSize, exif: EXIF) {
    let exif = JPEGSegments.exif(in: ByteView(bytes))
    return try withReader(bytes) { (reader, header) throws(DecodingFault) in
      let size = try PixelSize(width: header.width, height: header.height, limit: options.maximumPixels)
      let (denominator, forms) = plan(size)
      // libjpeg rounds scaled sides up.
      let stored = Rectangle(
        width: (size.width + denominator - 1) / denominator, height: (size.height + denominator - 1) / denominator)
      let whole = exif.orientation.applied(width: stored.width, height: stored.height)
      let wanted = Rectangle.drawnOn(by: forms, width: whole.width, height: whole.height)
      let region = exif.orientation.stored(wanted, width: stored.width, height: stored.height)
      var request = kindred_jpeg_request(
        denominator: UInt32(denominator), maximum_scans: Int32(maximumScans),
        first_column: UInt32(region.columns.lowerBound), column_count: UInt32(region.width))
      try check(kindred_jpeg_reader_start(reader, &request), reader)
      try check(kindred_jpeg_reader_skip_rows(reader, UInt32(region.rows.lowerBound)), reader)
      let image = try RGBImage.make(
        width: region.width, height: region.height, orientation: exif.orientation
      ) { (canvas) throws(DecodingFault) in
        try readRows(of: reader, to: canvas)
      }
      try check(kindred_jpeg_reader_finish(reader), reader)
      return (
        PicturePart(
          width: whole.width, height: whole.height, columns: wanted.columns, rows: wanted.rows, image: image),
        size, exif
      )
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

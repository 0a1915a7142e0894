import CHEIF

/// HEIC and AVIF through libheif: the primary picture, turned and mirrored as its own properties say.
///
/// EXIF orientation is not applied: the format says that it repeats what the properties have done already.
/// Source: ISO/IEC 23008-12, annex A.
enum HEIFDecoder {
  struct Header {
    /// As stored, before the file's own rotation.
    var width: Int
    var height: Int
    /// An upper estimate of what libheif and the result hold at the peak.
    var decodingBytes: Int
  }

  /// libheif counts bytes of pixels in 32 bits; at up to 8 bytes a pixel this many stay below 2³¹.
  private static let mostPixels = 250_000_000

  static func header(of bytes: [UInt8], options: DecodingOptions) throws(DecodingFault) -> Header {
    try withFile(bytes, options: options) { (file, pixels) throws(DecodingFault) in
      file.header(largestPicture: pixels)
    }
  }

  static func decode(
    _ bytes: [UInt8], options: DecodingOptions
  ) throws(DecodingFault) -> (image: RGBImage, size: PixelSize, exif: EXIF) {
    try withFile(bytes, options: options) { (file, pixels) throws(DecodingFault) in
      let header = file.header(largestPicture: pixels)
      _ = try PixelSize(width: header.width, height: header.height, limit: options.maximumPixels)
      let decoded = try file.decodedImage()
      let size = try PixelSize(width: decoded.width, height: decoded.height, limit: options.maximumPixels)
      let image = try RGBImage.make(width: size.width, height: size.height) { (canvas) throws(DecodingFault) in
        try decoded.write(to: canvas)
      }
      return (image, size, file.exif.withoutOrientation)
    }
  }

  private static func withFile<Value>(
    _ bytes: [UInt8], options: DecodingOptions, _ body: (HEIFFile, Int) throws(DecodingFault) -> Value
  ) throws(DecodingFault) -> Value {
    let pixels = try HEIFStructure(ByteView(bytes)).decodedPixelCount(
      limit: min(options.maximumPixels, mostPixels), canBeRaised: options.maximumPixels < mostPixels
    ).largest
    var result: Result<Value, DecodingFault>?
    bytes.withUnsafeBufferPointer { buffer in
      do throws(DecodingFault) {
        result = .success(try body(try HEIFFile(buffer), pixels))
      } catch {
        result = .failure(error)
      }
    }
    guard let result else { throw DecodingFault(.empty, "no bytes") }
    return try result.get()
  }

  fileprivate static func library() throws(DecodingFault) -> kindred_heif_library {
    var message: UnsafePointer<CChar>?
    guard let library = kindred_heif_load(&message) else {
      throw DecodingFault(.unreadable, "HEIF needs libheif: \(message.map { String(cString: $0) } ?? "")")
    }
    return library.pointee
  }

  /// libheif's messages live in its context, so they are copied here at once.
  fileprivate static func check(_ error: heif_error) throws(DecodingFault) {
    guard error.code != heif_error_Ok else { return }
    let message = error.message.map { String(cString: $0) } ?? "error \(error.code.rawValue)"
    switch (error.code, error.subcode) {
    case (_, heif_suberror_End_of_data):
      throw DecodingFault(.truncated, "truncated HEIF: \(message)")
    case (_, heif_suberror_Security_limit_exceeded):
      throw DecodingFault(.corrupt, "bad HEIF, beyond what libheif allows: \(message)")
    case (heif_error_Unsupported_feature, _), (heif_error_Unsupported_filetype, _):
      throw DecodingFault(.unsupportedFormat, "unsupported format: HEIF: \(message)")
    case (_, heif_suberror_No_meta_box):
      throw DecodingFault(.unsupportedFormat, "unsupported format: HEIF sequence without a still picture")
    case (heif_error_Memory_allocation_error, _):
      throw DecodingFault(.unreadable, "not enough memory to decode HEIF: \(message)")
    default:
      throw DecodingFault(.corrupt, "bad HEIF: \(message)")
    }
  }
}

/// An open file and the handle of its primary picture; the bytes must outlive it.
private final class HEIFFile {
  private let heif: kindred_heif_library
  private let context: OpaquePointer
  private let handle: OpaquePointer

  init(_ buffer: UnsafeBufferPointer<UInt8>) throws(DecodingFault) {
    let heif = try HEIFDecoder.library()
    guard let context = heif.context_alloc() else {
      throw DecodingFault(.unreadable, "not enough memory to decode HEIF")
    }
    var handle: OpaquePointer?
    do throws(DecodingFault) {
      // Tiles are decoded here, not on threads of libheif's.
      heif.context_set_max_decoding_threads(context, 0)
      // Sizes have been checked; libheif's own limit on sides would refuse long panoramas.
      heif.context_set_maximum_image_size_limit(context, 1 << 20)
      try HEIFDecoder.check(
        heif.context_read_from_memory_without_copy(context, buffer.baseAddress, buffer.count, nil))
      try HEIFDecoder.check(heif.context_get_primary_image_handle(context, &handle))
    } catch {
      heif.context_free(context)
      throw error
    }
    guard let handle else {
      heif.context_free(context)
      throw DecodingFault(.corrupt, "bad HEIF: no primary picture")
    }
    self.heif = heif
    self.context = context
    self.handle = handle
  }

  deinit {
    heif.image_handle_release(handle)
    heif.context_free(context)
  }

  private var hasAlpha: Bool { heif.image_handle_has_alpha_channel(handle) != 0 }

  /// At the peak libheif holds the planes twice while it turns them, then the planes and the interleaved picture, and
  /// the result is copied from that.
  func header(largestPicture: Int) -> HEIFDecoder.Header {
    let sampleBytes = heif.image_handle_get_luma_bits_per_pixel(handle) > 8 ? 2 : 1
    let planes = hasAlpha ? 4 : 3
    let interleaved = hasAlpha ? 4 : 3
    return HEIFDecoder.Header(
      width: Int(heif.image_handle_get_ispe_width(handle)), height: Int(heif.image_handle_get_ispe_height(handle)),
      decodingBytes: largestPicture * (2 * planes * sampleBytes + interleaved))
  }

  /// The EXIF block begins with the offset of its TIFF structure.
  var exif: EXIF {
    var identifier = heif_item_id()
    guard heif.image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &identifier, 1) == 1 else { return EXIF() }
    let size = heif.image_handle_get_metadata_size(handle, identifier)
    guard size > 4, size <= 1 << 26 else { return EXIF() }
    var status = heif_error_Ok
    let block = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      status = heif.image_handle_get_metadata(handle, identifier, buffer.baseAddress).code
      count = status == heif_error_Ok ? size : 0
    }
    let view = ByteView(block)
    guard let offset = view.unsigned(at: 0, byteCount: 4), let tiff = view.view(from: 4 + offset) else { return EXIF() }
    return EXIF(block: tiff)
  }

  func decodedImage() throws(DecodingFault) -> HEIFImage {
    guard let options = heif.decoding_options_alloc() else {
      throw DecodingFault(.unreadable, "not enough memory to decode HEIF")
    }
    defer { heif.decoding_options_free(options) }
    options.pointee.convert_hdr_to_8bit = 1
    var image: OpaquePointer?
    let chroma = hasAlpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB
    try HEIFDecoder.check(heif.decode_image(handle, &image, heif_colorspace_RGB, chroma, options))
    guard let image else { throw DecodingFault(.corrupt, "bad HEIF: no picture") }
    return HEIFImage(
      heif, image, bytesPerPixel: hasAlpha ? 4 : 3,
      isPremultiplied: heif.image_handle_is_premultiplied_alpha(handle) != 0)
  }
}

/// A decoded picture of interleaved RGB or RGBA.
private final class HEIFImage {
  private let heif: kindred_heif_library
  private let image: OpaquePointer
  private let bytesPerPixel: Int
  private let isPremultiplied: Bool

  init(_ heif: kindred_heif_library, _ image: OpaquePointer, bytesPerPixel: Int, isPremultiplied: Bool) {
    self.heif = heif
    self.image = image
    self.bytesPerPixel = bytesPerPixel
    self.isPremultiplied = isPremultiplied
  }

  deinit {
    heif.image_release(image)
  }

  var width: Int { max(0, Int(heif.image_get_width(image, heif_channel_interleaved))) }
  var height: Int { max(0, Int(heif.image_get_height(image, heif_channel_interleaved))) }

  func write(to canvas: UprightCanvas) throws(DecodingFault) {
    var stride: Int32 = 0
    guard let plane = heif.image_get_plane_readonly(image, heif_channel_interleaved, &stride),
      Int(stride) >= canvas.width * bytesPerPixel
    else { throw DecodingFault(.corrupt, "bad HEIF: the decoded picture has no samples") }
    guard bytesPerPixel == 4 else {
      for row in 0..<canvas.height {
        canvas.write(pixels: plane + row * Int(stride), count: canvas.width, row: row)
      }
      return
    }
    let line = UnsafeMutablePointer<UInt8>.allocate(capacity: canvas.width * 3)
    defer { line.deallocate() }
    for row in 0..<canvas.height {
      AlphaCompositing.overWhite(
        plane + row * Int(stride), to: line, count: canvas.width, premultiplied: isPremultiplied)
      canvas.write(pixels: line, count: canvas.width, row: row)
    }
  }
}

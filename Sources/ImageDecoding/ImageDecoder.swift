/// How to decode.
public struct DecodingOptions: Sendable, Equatable {
  /// Which of the two decode paths is taken.
  public enum Path: String, Sendable, Codable, CaseIterable {
    /// Every sample as the format defines it.
    case exact
    /// JPEG is scaled by 1/2, 1/4 or 1/8 in the DCT domain, the most that keeps the shorter side at least
    /// ``DecodingOptions/minimumShorterSide``. Other formats as in `exact`.
    case fast
  }

  public var path: Path
  /// Pixels that the fast path keeps on the shorter side.
  public var minimumShorterSide: Int
  /// Pictures of more pixels are refused before their samples are decoded. HEIC and AVIF also have a limit of
  /// 250 000 000 that comes from libheif.
  public var maximumPixels: Int
  /// Files of more bytes are refused before they are read.
  public var maximumFileBytes: Int

  public init(
    path: Path = .exact, minimumShorterSide: Int = 256, maximumPixels: Int = 100_000_000,
    maximumFileBytes: Int = 1 << 29
  ) {
    self.path = path
    self.minimumShorterSide = minimumShorterSide
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
  }
}

/// A decoded picture with what is known of it.
public struct DecodedImage: Sendable, Equatable {
  public var image: RGBImage
  public var metadata: ImageMetadata
  public init(image: RGBImage, metadata: ImageMetadata) {
    self.image = image
    self.metadata = metadata
  }
}

/// A decoded picture in the forms that were wanted, with what is known of it.
public struct FormedImages: Sendable, Equatable {
  /// In the order of the forms that were asked for.
  public var images: [RGBImage]
  public var metadata: ImageMetadata
  public init(images: [RGBImage], metadata: ImageMetadata) {
    self.images = images
    self.metadata = metadata
  }
}

/// What a file's header says, read without decoding its samples.
public struct ImageHeader: Sendable, Equatable {
  public var format: ImageFormat
  /// Columns and rows as stored, before orientation.
  public var width: Int
  public var height: Int
  /// Bytes of memory that decoding with the same options will hold at its peak, beside the file's own: an upper
  /// estimate.
  public var estimatedDecodingBytes: Int
}

/// Decodes pictures of every ``ImageFormat``.
public struct ImageDecoder: Sendable {
  public var options: DecodingOptions

  public init(options: DecodingOptions = DecodingOptions()) {
    self.options = options
  }

  /// Reads a whole regular file, without waiting on pipes or devices.
  /// - Throws: `notFound`, `unreadable`, `notARegularFile` or `fileTooLarge`.
  public func read(contentsOf path: String) throws(ImageDecodingError) -> [UInt8] {
    try naming(path) { () throws(DecodingFault) in
      try FileReader.bytes(of: path, limit: options.maximumFileBytes)
    }
  }

  /// Reads what the header says.
  /// - Throws: Whatever is wrong with the header; also `zeroSized` and `tooManyPixels`, as decoding would.
  public func header(of bytes: [UInt8], name: String) throws(ImageDecodingError) -> ImageHeader {
    try naming(name) { () throws(DecodingFault) in
      let format = try ImageFormat.detected(in: ByteView(bytes))
      return try DecoderTable.header(of: bytes, format: format, options: options)
    }
  }

  /// Decodes bytes that are already in memory. `name` is what errors call them.
  ///
  /// ```swift
  /// let decoded = try ImageDecoder().decode(contentsOf: "photo.jpg")
  /// let crop = decoded.image.formed(.centerCrop(shorterSide: 256, side: 224))
  /// ```
  /// - Returns: The picture upright, transparency laid over white, with what the file tells of it.
  /// - Throws: `empty`, `unsupportedFormat`, `truncated`, `corrupt`, `zeroSized`, `tooManyPixels`, or `unreadable`
  ///   where memory runs out.
  public func decode(_ bytes: [UInt8], name: String) throws(ImageDecodingError) -> DecodedImage {
    try naming(name) { () throws(DecodingFault) in
      let format = try ImageFormat.detected(in: ByteView(bytes))
      return try DecoderTable.decode(bytes, format: format, options: options)
    }
  }

  /// Decodes what is needed of bytes for forms of their picture: of a JPEG no more than the rectangle that they draw on,
  /// and in the fast path scaled as far as leaves no form to be enlarged.
  ///
  /// In the exact path the forms are ``RGBImage/formed(_:)`` of the decoded picture, to the bit.
  /// - Parameters:
  ///   - name: what errors call the bytes.
  ///   - forms: one or more.
  /// - Throws: As ``decode(_:name:)``.
  public func decode(_ bytes: [UInt8], name: String, forms: [PictureForm]) throws(ImageDecodingError) -> FormedImages {
    try naming(name) { () throws(DecodingFault) in
      let format = try ImageFormat.detected(in: ByteView(bytes))
      return try DecoderTable.decode(bytes, format: format, options: options, forms: forms)
    }
  }

  /// Reads and decodes a file.
  /// - Throws: As ``read(contentsOf:)`` and ``decode(_:name:)``.
  public func decode(contentsOf path: String) throws(ImageDecodingError) -> DecodedImage {
    try decode(read(contentsOf: path), name: path)
  }

  private func naming<Value>(
    _ path: String, _ body: () throws(DecodingFault) -> Value
  ) throws(ImageDecodingError) -> Value {
    do throws(DecodingFault) {
      return try body()
    } catch {
      throw ImageDecodingError(code: error.code, path: path, reason: error.reason)
    }
  }
}

extension ImageDecoder {
  /// Reads a file's first bytes and says whether it can be decoded, so that a large file of another kind is not read
  /// whole.
  /// - Throws: what ``read(contentsOf:)`` throws, `unsupportedFormat`, or `notAPicture`.
  @discardableResult
  public func checkFormat(contentsOf path: String) throws(ImageDecodingError) -> ImageFormat {
    do throws(DecodingFault) {
      return try ImageFormat.detected(in: ByteView(FileReader.firstBytes(of: path, count: 4096)))
    } catch {
      throw ImageDecodingError(code: error.code, path: path, reason: error.reason)
    }
  }
}

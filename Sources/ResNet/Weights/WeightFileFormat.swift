/// The kinds of weight file, told from the first bytes.
public enum WeightFileFormat: String, Sendable {
  case safetensors, onnx

  /// - Throws: ``WeightFileError``: `unknownFormat` for a file that is neither, `truncated` for one of a few bytes, and
  ///   `notFound` or `unreadable`.
  public init(of path: String) throws(WeightFileError) {
    let handle = try WeightFileHandle(path: path)
    guard handle.size > 8 else {
      throw WeightFileError(
        code: .truncated, path: path, reason: "\(handle.size) bytes are too few for a weight file")
    }
    let bytes = try handle.bytes(at: 0, count: 9)
    func fail(_ kind: String) -> WeightFileError {
      WeightFileError(
        code: .unknownFormat, path: path, reason: "\(kind); Kindred reads safetensors and ONNX files")
    }
    let startsAsONNX = ONNXImporter.looksLikeONNX(bytes)
    // The length before a safetensors header is below 2⁴⁰ in any sound file; ONNX has a brace here only by chance.
    let isShortLength = bytes[5...7].allSatisfy { $0 == 0 }
    if bytes[8] == UInt8(ascii: "{"), isShortLength || !startsAsONNX {
      self = .safetensors
    } else if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes[0] == 0x80 {
      throw fail("a PyTorch checkpoint or another archive or pickle, which can run code when it is opened")
    } else if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      throw fail("an HDF5 file")
    } else if bytes.starts(with: Array("GGUF".utf8)) {
      throw fail("a GGUF file")
    } else if bytes.starts(with: Array("version https:".prefix(9).utf8)) {
      throw fail("a Git LFS pointer instead of the file that it points to")
    } else if startsAsONNX {
      self = .onnx
    } else {
      throw fail("not a weight file")
    }
  }
}

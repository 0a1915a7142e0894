import Foundation

/// The bytes of an ONNX file, which are read a part at a time.
///
/// Not mapped: a mapped file that somebody cuts while it is parsed would end the process.
enum ONNXBytes {
  case file(WeightFileHandle)
  case memory([UInt8])

  /// What a protobuf message can hold at most.
  static let sizeLimit = 1 << 31 - 1

  /// - Throws: `notFound`, `unreadable`, `truncated` or `tooLarge`, without a path.
  init(contentsOf path: String) throws(WeightFileError) {
    self = .file(try WeightFileHandle(path: path))
    try checkSize()
  }

  init(_ bytes: [UInt8]) throws(WeightFileError) {
    self = .memory(bytes)
    try checkSize()
  }

  private func checkSize() throws(WeightFileError) {
    guard count <= Self.sizeLimit else {
      throw ONNXFault.tooLarge(
        "\(count) bytes; an ONNX file holds at most 2 GiB, larger models keep their tensors in files beside it")
    }
    guard count > 0 else { throw WeightFileError(code: .truncated, path: "", reason: "the file is empty") }
  }

  var count: Int {
    switch self {
    case .file(let handle): handle.size
    case .memory(let bytes): bytes.count
    }
  }

  /// Fills `buffer` with the bytes from `offset` on, of which there must be enough.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(WeightFileError) {
    switch self {
    case .file(let handle): try handle.read(into: buffer, at: offset)
    case .memory(let bytes): buffer.copyBytes(from: bytes[offset..<offset + buffer.count])
    }
  }

  /// The bytes of a part, which must be one.
  func bytes(_ range: Range<Int>) throws(WeightFileError) -> [UInt8] {
    switch self {
    case .file(let handle): try handle.bytes(at: range.lowerBound, count: range.count)
    case .memory(let bytes): Array(bytes[range])
    }
  }
}

import Foundation

/// Reads a file into memory with its size checked before.
///
/// Not mapped: a mapped file that somebody cuts while it is parsed would end the process.
enum ONNXFileReading {
  /// What a protobuf message can hold at most.
  static let sizeLimit = 1 << 31 - 1

  /// The bytes of the file, and nothing larger than ``sizeLimit``.
  static func read(_ path: String) throws(WeightFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw WeightFileError(
        code: errno == ENOENT ? .notFound : .unreadable, path: "", reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw WeightFileError(code: .unreadable, path: "", reason: "not a regular file")
    }
    let size = Int(information.st_size)
    guard size <= sizeLimit else {
      throw ONNXFault.tooLarge(
        "\(size) bytes; an ONNX file holds at most 2 GiB, larger models keep their tensors in files beside it")
    }
    guard size > 0 else { throw WeightFileError(code: .truncated, path: "", reason: "the file is empty") }
    return try read(descriptor, offset: 0, count: size, place: nil)
  }

  static func read(
    _ descriptor: Int32, offset: Int, count: Int, place: String?
  ) throws(WeightFileError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = 0
      guard let base = buffer.baseAddress else { return }
      while initialized < count {
        let got = pread(descriptor, base + initialized, count - initialized, off_t(offset + initialized))
        if got > 0 {
          initialized += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    if failure != 0 {
      throw WeightFileError(code: .unreadable, path: "", place: place, reason: String(cString: strerror(failure)))
    }
    guard bytes.count == count else {
      throw WeightFileError(
        code: .truncated, path: "", place: place, reason: "the file became shorter while it was read")
    }
    return bytes
  }
}

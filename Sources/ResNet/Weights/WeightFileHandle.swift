import Foundation

/// A weight file open for reading; closed when the last reference goes.
final class WeightFileHandle: Sendable {
  let path: String
  /// Bytes in the file when it was opened.
  let size: Int
  private let descriptor: Int32

  /// Opens a regular file without waiting on pipes or devices.
  /// - Parameter followsLinks: whether the path's last part may be a symbolic link.
  init(path: String, followsLinks: Bool = true) throws(WeightFileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else {
      if errno == ELOOP, !followsLinks {
        throw WeightFileError(code: .unreadable, path: path, reason: "a symbolic link, which is not followed here")
      }
      let missing = errno == ENOENT || errno == ENOTDIR
      throw WeightFileError(
        code: missing ? .notFound : .unreadable, path: path,
        reason: missing ? "there is no such file" : String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw WeightFileError(code: .unreadable, path: path, reason: "not a regular file")
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Fills `buffer` with the bytes from `offset` on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(WeightFileError) {
    guard let base = buffer.baseAddress else { return }
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw WeightFileError(code: .unreadable, path: path, reason: String(cString: strerror(errno)))
      }
      guard count > 0 else {
        throw WeightFileError(code: .truncated, path: path, reason: "the file ended while it was read")
      }
      done += count
    }
  }

  /// The bytes of a part that was checked to lie in the file.
  func bytes(at offset: Int, count: Int) throws(WeightFileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(WeightFileError) in try read(into: buffer, at: offset) }
    }
    try result.get()
    return bytes
  }
}

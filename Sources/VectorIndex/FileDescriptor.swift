#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An open file that is closed with its owner. It turns `errno` into a ``VectorIndexError`` with the file's path.
struct FileDescriptor: ~Copyable {
  let raw: Int32
  let path: String

  /// Opens a regular file that is there.
  static func existing(_ path: String, writable: Bool) throws(VectorIndexError) -> FileDescriptor {
    // Without O_NONBLOCK, opening a pipe would wait for its other end.
    let raw = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
    guard raw >= 0 else { throw failure(errno, path: path, doing: "open", writing: writable) }
    let file = FileDescriptor(raw: raw, path: path)
    var status = stat()
    guard fstat(raw, &status) == 0 else { throw file.failure("examine", writing: false) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw VectorIndexError(code: .foreign, path: path, reason: "not a regular file")
    }
    return file
  }

  private init(raw: Int32, path: String) {
    self.raw = raw
    self.path = path
  }

  deinit { close(raw) }

  /// Makes a file that must not be there yet.
  static func create(path: String) throws(VectorIndexError) -> FileDescriptor {
    let raw = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard raw >= 0 else { throw failure(errno, path: path, doing: "create", writing: true) }
    return FileDescriptor(raw: raw, path: path)
  }

  /// Bytes in the file.
  func size() throws(VectorIndexError) -> Int {
    var status = stat()
    guard fstat(raw, &status) == 0 else { throw failure("examine", writing: false) }
    return Int(status.st_size)
  }

  /// The `count` bytes from `offset` on, or fewer where the file ends before.
  func read(_ count: Int, at offset: Int) throws(VectorIndexError) -> [UInt8] {
    var failure: VectorIndexError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count, let start = buffer.baseAddress {
        let read = pread(raw, start + done, min(count - done, 1 << 30), off_t(offset + done))
        if read < 0 && errno == EINTR { continue }
        if read < 0 { failure = self.failure("read", writing: false) }
        if read <= 0 { break }
        done += read
      }
    }
    if let failure { throw failure }
    return bytes
  }

  func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws(VectorIndexError) {
    var done = 0
    while done < buffer.count {
      let count = pwrite(raw, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30), off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("write", writing: true) }
      done += count
    }
  }

  func truncate(to size: Int) throws(VectorIndexError) {
    guard ftruncate(raw, off_t(size)) == 0 else { throw failure("cut", writing: true) }
  }

  /// Waits until the data is on the disk.
  func synchronize() throws(VectorIndexError) {
    guard fdatasync(raw) == 0 else { throw failure("flush", writing: true) }
  }

  /// Waits until the directory entry of `path` is on the disk.
  static func synchronizeDirectory(of path: String) throws(VectorIndexError) {
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let raw = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard raw >= 0 else { throw failure(errno, path: directory, doing: "open", writing: true) }
    defer { close(raw) }
    // Some file systems can't flush a directory (EINVAL); there is nothing more to be done on them.
    guard fsync(raw) == 0 || errno == EINVAL else {
      throw failure(errno, path: directory, doing: "flush", writing: true)
    }
  }

  /// Takes away what a failed operation left; if that fails, too, nothing more can be done.
  static func remove(_ path: String) { unlink(path) }

  func failure(_ action: String, writing: Bool) -> VectorIndexError {
    Self.failure(errno, path: path, doing: action, writing: writing)
  }

  static func failure(_ number: Int32, path: String, doing action: String, writing: Bool) -> VectorIndexError {
    let code: VectorIndexError.Code =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case ENOSPC, EDQUOT: .outOfSpace
      default: writing ? .unwritable : .unreadable
      }
    return VectorIndexError(code: code, path: path, reason: "can't \(action) it: \(String(cString: strerror(number)))")
  }
}

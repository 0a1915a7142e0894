import Foundation

/// A small file of an index folder that only its owner may read, replaced as a whole.
struct PrivateFile: Sendable {
  let path: String

  /// What tells that a file is the one that was read: a replaced file is another inode.
  struct Stamp: Equatable, Sendable {
    var identity: FileIdentity
    var byteCount: Int64
    /// Nanoseconds since 1970.
    var modified: Int64

    init(_ information: stat) {
      identity = FileIdentity(information)
      let file = WalkedFile(path: "", information)
      byteCount = file.byteCount
      modified = file.modified
    }
  }

  /// The stamp of the file that is there now; `nil` where there is none.
  /// - Throws: ``KindredError/Code/unreadableFile`` where that can't be told.
  func stamp() throws -> Stamp? {
    var information = stat()
    if stat(path, &information) == 0 { return Stamp(information) }
    let number = errno
    // A link to nothing is a file that is missing, not one that never was.
    guard number == ENOENT || number == ENOTDIR, lstat(path, &information) != 0 else { throw unreadable(number) }
    return nil
  }

  /// Reads the file; `nil` where there is none.
  /// - Throws: ``KindredError/Code/unreadableFile``, ``KindredError/Code/damagedFile`` for more bytes than `limit`.
  func read(limit: Int) throws -> (bytes: [UInt8], stamp: Stamp)? {
    guard try stamp() != nil else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw unreadable(errno)
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw unreadable(errno) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw KindredError(.unreadableFile, place: path, reason: "not a regular file")
    }
    let size = Int(information.st_size)
    guard size <= limit else {
      throw KindredError(.damagedFile, place: path, reason: "\(size) bytes, more than any that Kindred writes")
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let received = Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if received < 0, errno == EINTR { continue }
        if received < 0 { failure = errno }
        guard received > 0 else { return }
        count += received
      }
    }
    guard failure == 0 else { throw unreadable(failure) }
    return (bytes, Stamp(information))
  }

  private func unreadable(_ number: Int32) -> KindredError {
    KindredError(.unreadableFile, place: path, reason: String(cString: strerror(number)).lowercased())
  }

  /// Replaces the file, so that a crash leaves the old content or the new.
  /// - Parameters:
  ///   - mode: who may read it.
  ///   - flushes: whether it is on the disk before this returns; a file that can be made again need not be.
  /// - Returns: the new file's stamp.
  @discardableResult
  func replace(with bytes: [UInt8], mode: mode_t = 0o600, flushes: Bool = true) throws -> Stamp {
    let folder = (path as NSString).deletingLastPathComponent
    let temporary =
      folder + "/.\((path as NSString).lastPathComponent.prefix(60)).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw unwritable(errno) }
    var information = stat()
    var failure = bytes.withUnsafeBytes { StoreFile.write($0, to: descriptor) }
    if failure == nil, flushes, fsync(descriptor) != 0 { failure = errno }
    if failure == nil, fstat(descriptor, &information) != 0 { failure = errno }
    close(descriptor)
    if failure == nil, rename(temporary, path) != 0 { failure = errno }
    if let failure {
      unlink(temporary)
      throw unwritable(failure)
    }
    if flushes { Self.synchronize(folder: folder) }
    return Stamp(information)
  }

  /// Has a folder's entries on the disk. Some network file systems can't, and then the change itself has to do.
  static func synchronize(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private func unwritable(_ number: Int32) -> KindredError {
    KindredError(.unwritable, place: path, reason: String(cString: strerror(number)).lowercased())
  }

  /// Runs `body` while no other process or thread does so for this file. The lock is the kernel's, on a file of its own
  /// beside it, since the file itself is replaced.
  func withLock<T>(_ body: () throws -> T) throws -> T {
    let lock = path + ".lock"
    let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unwritable(errno) }
    defer {
      flock(descriptor, LOCK_UN)
      close(descriptor)
    }
    let deadline = ContinuousClock.now + .seconds(10)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      guard number == EWOULDBLOCK || number == EINTR else { throw unwritable(number) }
      guard ContinuousClock.now < deadline else {
        throw KindredError(.busy, place: path, reason: "another process is changing it", remedy: "Try again.")
      }
      usleep(5_000)
    }
    return try body()
  }
}

import Foundation

/// What tells that a file is still the one that was hashed.
struct FileStamp: Codable, Equatable {
  var device: UInt64
  var inode: UInt64
  var bytes: Int64
  /// Nanoseconds since 1970.
  var modified: Int64
  /// Nanoseconds since 1970 of the last change of content or attributes, which programs can't set back.
  var changed: Int64

  /// - Throws: `notFound` or `unreadable` for a path that is no regular file.
  init(path: String) throws(ModelStoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw ModelStoreError(path: path, errorNumber: errno, writing: false) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ModelStoreError(code: .unreadable, place: path, reason: "this is not a regular file")
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    bytes = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
  }
}

/// The few file operations of the store, each with its error typed.
enum StoreFile {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func createDirectory(_ path: String) throws(ModelStoreError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      // Foundation's own words don't tell why.
      let reason = mkdir(path, 0o755) == 0 ? "unknown" : String(cString: strerror(errno))
      throw ModelStoreError(
        code: .unwritable, place: path, reason: "the folder can't be created: \(reason)",
        remedy: "Set KINDRED_HOME to a folder that can be written to.")
    }
  }

  /// Replaces a small file so that a crash leaves the old content or the new.
  static func replace(_ path: String, with data: Data) throws(ModelStoreError) {
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ModelStoreError(path: temporary, errorNumber: errno, writing: true) }
    do throws(ModelStoreError) {
      defer { close(descriptor) }
      try write(Array(data), to: descriptor, path: temporary)
      guard fsync(descriptor) == 0 else { throw ModelStoreError(path: temporary, errorNumber: errno, writing: true) }
    } catch {
      unlink(temporary)
      throw error
    }
    try rename(temporary, to: path)
  }

  /// Renames a file within its folder, and has the folder's entry on disk before it returns.
  static func rename(_ source: String, to destination: String) throws(ModelStoreError) {
    guard Foundation.rename(source, destination) == 0 else {
      let number = errno
      unlink(source)
      throw ModelStoreError(path: destination, errorNumber: number, writing: true)
    }
    let folder = open(URL(fileURLWithPath: destination).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    // Some network file systems can't sync a folder; the rename itself has been done.
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(ModelStoreError) {
    let failure = bytes.withUnsafeBytes { write($0, to: descriptor) }
    if let failure { throw ModelStoreError(path: path, errorNumber: failure, writing: true) }
  }

  /// - Returns: the error number, `nil` when all bytes were written.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if count == 0 {
        return EIO
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }

  /// Reads a small file.
  /// - Returns: `nil` where there is none, or it is larger than a MiB and so none of the store's.
  static func readSmall(_ path: String) -> Data? {
    bytes(path, most: 1 << 20).map { Data($0) }
  }

  /// Reads a file.
  /// - Returns: `nil` where there is none, or it has more than `most` bytes.
  static func bytes(_ path: String, most: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= most
    else { return nil }
    let count = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = 0
      while let base = buffer.baseAddress, initialized < count {
        let got = read(descriptor, base + initialized, count - initialized)
        guard got > 0 || (got < 0 && errno == EINTR) else { return }
        initialized += max(got, 0)
      }
    }
    return bytes.count == count ? bytes : nil
  }

  /// Throws when the folder's file system has less room than needed.
  static func checkRoom(for bytes: Int64, in folder: String) throws(ModelStoreError) {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return }
    let (free, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    guard !overflow, bytes > 0, free < UInt64(bytes) else { return }
    throw ModelStoreError(
      code: .diskFull, place: folder,
      reason: "\(bytes) bytes are needed, and \(free) are free",
      remedy: "Make room there, or set KINDRED_HOME to another disk.")
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads whole regular files and nothing else.
enum FileReader {
  static func bytes(of path: String, limit: Int) throws(DecodingFault) -> [UInt8] {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw DecodingFault(.notFound, "no such file") }
    // Opening a pipe or a device can have effects of its own, so it is looked at first, and again once it is open.
    var status = stat()
    guard stat(path, &status) == 0 else { throw fault(errno) }
    try checkRegular(status)
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw fault(errno) }
    defer { close(descriptor) }
    guard fstat(descriptor, &status) == 0 else { throw fault(errno) }
    try checkRegular(status)
    let expected = Int(status.st_size)
    guard expected <= limit else { throw tooLarge(expected, limit: limit) }
    return try readToEnd(descriptor, expected: expected, limit: limit)
  }

  /// Reads until the end, wherever it is by now: a file may grow or shrink meanwhile.
  private static func readToEnd(_ descriptor: Int32, expected: Int, limit: Int) throws(DecodingFault) -> [UInt8] {
    // One byte more than expected, so that the end shows without growing the array.
    var bytes = try chunk(descriptor, count: expected + 1)
    while bytes.count > expected {
      guard bytes.count <= limit else { throw tooLarge(bytes.count, limit: limit) }
      let more = try chunk(descriptor, count: max(1 << 16, bytes.count))
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  private static func chunk(_ descriptor: Int32, count: Int) throws(DecodingFault) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let received = read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
        if received < 0 {
          if errno == EINTR { continue }
          failure = errno
          return
        }
        if received == 0 { return }
        filled += received
      }
    }
    if failure != 0 { throw fault(failure) }
    return bytes
  }

  private static func checkRegular(_ status: stat) throws(DecodingFault) {
    let kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: ""
      case S_IFDIR: "a directory"
      case S_IFIFO: "a pipe"
      case S_IFSOCK: "a socket"
      case S_IFCHR, S_IFBLK: "a device"
      default: "not a file"
      }
    guard kind.isEmpty else { throw DecodingFault(.notARegularFile, "\(kind), not a regular file") }
  }

  private static func tooLarge(_ count: Int, limit: Int) -> DecodingFault {
    DecodingFault(.fileTooLarge, "\(count) bytes, more than the limit of \(limit)")
  }

  private static func fault(_ number: Int32) -> DecodingFault {
    switch number {
    case ENOENT, ENOTDIR: DecodingFault(.notFound, "no such file")
    case EACCES, EPERM: DecodingFault(.unreadable, "permission denied")
    case ELOOP: DecodingFault(.unreadable, "a loop of symbolic links")
    case ENAMETOOLONG: DecodingFault(.unreadable, "the path is too long")
    case ENXIO: DecodingFault(.notARegularFile, "a socket or device, not a regular file")
    default: DecodingFault(.unreadable, "cannot be read: \(String(cString: strerror(number)))")
    }
  }
}

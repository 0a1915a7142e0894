import Foundation

/// A file as the walk saw it.
struct WalkedFile: Sendable, Equatable {
  var path: String
  var byteCount: Int64
  /// Since 1970, in nanoseconds.
  var modified: Int64
}

extension WalkedFile {
  init(path: String, _ information: stat) {
    // Times beyond the year 2262 do not fit; they only have to be the same each time.
    let (seconds, overflow) = Int64(information.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    let nanoseconds = seconds.addingReportingOverflow(Int64(information.st_mtim.tv_nsec))
    self.init(
      path: path, byteCount: Int64(information.st_size),
      modified: overflow || nanoseconds.overflow ? Int64.max : nanoseconds.partialValue)
  }
}

/// A path compared byte by byte, as file systems do. Swift's strings are equal when they look alike, so that an é of one
/// and one of two code points would be one file.
struct PathKey: Hashable, Sendable {
  private let bytes: ContiguousArray<UInt8>
  init(_ path: String) { bytes = ContiguousArray(path.utf8) }

  /// All bytes at once: by itself the compiler has them hashed one by one.
  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// What is at a path now.
enum FileState: Equatable {
  case file(WalkedFile)
  /// Nothing, or something that is no regular file.
  case gone
  /// It can't be told: a folder on the way may not be read, or a disk does not answer.
  case unknown

  init(of path: String) {
    var information = stat()
    if stat(path, &information) == 0 {
      self = information.st_mode & S_IFMT == S_IFREG ? .file(WalkedFile(path: path, information)) : .gone
    } else {
      self = errno == ENOENT || errno == ENOTDIR ? .gone : .unknown
    }
  }
}

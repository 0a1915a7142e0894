// libc's streams are mutable globals, which Swift 6 lets through only so; this program never assigns them.
@preconcurrency import Glibc

/// What became of the output that `print` wrote.
enum StandardOutput {
  /// Writes out what waits.
  /// - Returns: why some of the output was not written; `nil` also where the reader of a pipe has gone, who wants no
  ///   more.
  static func failure() -> String? {
    let flushed = fflush(stdout) == 0
    let code = errno
    guard !flushed || ferror(stdout) != 0 else { return nil }
    // An earlier write failed, and its reason is not kept.
    guard !flushed else { return "not all of it could be written" }
    return code == EPIPE ? nil : String(cString: strerror(code)).lowercased()
  }
}

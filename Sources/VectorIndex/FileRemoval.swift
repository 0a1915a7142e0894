#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Names of files.
enum FileRemoval {
  /// Takes away what a failed operation left; nothing can be done if that fails, too.
  static func remove(_ path: String) { unlink(path) }
}

import Foundation

/// Absolute paths as the collection has them.
enum ResolvedPath {
  /// The path with every link followed; `nil` when nothing is there.
  static func following(_ path: String) -> String? {
    realpath(path, nil).map { resolved in
      defer { free(resolved) }
      return String(cString: resolved)
    }
  }

  /// The path with the links above a file followed, but not one that is the file itself: it is indexed under its own
  /// name. `nil` when the folder is not there.
  static func keepingTheFile(_ path: String) -> String? {
    let parent = (path as NSString).deletingLastPathComponent
    guard let folder = following(parent.isEmpty ? "." : parent) else { return nil }
    return (folder == "/" ? "" : folder) + "/" + (path as NSString).lastPathComponent
  }
}

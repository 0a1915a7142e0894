import Foundation

/// Which file a path leads to.
struct FileIdentity: Sendable, Hashable {
  var device: UInt64
  var inode: UInt64

  init(_ information: stat) {
    device = UInt64(information.st_dev)
    inode = UInt64(information.st_ino)
  }

  /// `nil` where there is none.
  init?(of path: String) {
    guard let information = FolderWalker.information(path) else { return nil }
    self.init(information)
  }
}

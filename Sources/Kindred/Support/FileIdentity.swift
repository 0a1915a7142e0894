/// Which file a path leads to.
struct FileIdentity: Sendable, Equatable {
  var device: UInt64
  var inode: UInt64

  /// `nil` where there is none.
  init?(of path: String) {
    guard let information = FolderWalker.information(path) else { return nil }
    device = UInt64(information.st_dev)
    inode = UInt64(information.st_ino)
  }
}

import Foundation
import Glibc

/// What a path that is to be written stands for, once links are followed.
enum OutputTarget: Equatable {
  /// A regular file, or one that is yet to be made: the path without a link at its end.
  case file(String)
  /// A pipe, device or another process's open file, to be written into.
  case stream(String)
  /// A file that this process has open, such as `/dev/stdout`; it may stand anywhere in it.
  case descriptor(Int32)

  private static let mostLinks = 40

  /// - Throws: ``KindredError/Code/unwritable`` for a folder and for links that lead nowhere.
  init(path: String) throws {
    var target = path
    for _ in 0...Self.mostLinks {
      var information = stat()
      guard lstat(target, &information) == 0 else {
        // The folder may be missing; opening the file says so.
        self = .file(target)
        return
      }
      switch information.st_mode & S_IFMT {
      case S_IFREG: self = .file(target)
      case S_IFDIR: throw OutputFile.unwritable(path, EISDIR)
      case S_IFLNK:
        if let open = Self.openFile(target) {
          self = open
          return
        }
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: target)
        let folder = (target as NSString).deletingLastPathComponent
        target = link.hasPrefix("/") || folder.isEmpty ? link : folder + "/" + link
        continue
      default: self = .stream(target)
      }
      return
    }
    throw OutputFile.unwritable(path, ELOOP)
  }

  /// Links in `/proc/PROCESS/fd` are not read but opened: their text need not be a path.
  private static func openFile(_ link: String) -> OutputTarget? {
    let name = link as NSString
    let parent = name.deletingLastPathComponent
    guard let resolved = realpath(parent.isEmpty ? "." : parent, nil) else { return nil }
    defer { free(resolved) }
    let folder = String(cString: resolved)
    guard folder.hasPrefix("/proc/"), folder.hasSuffix("/fd") else { return nil }
    if folder == "/proc/\(getpid())/fd" || folder.hasPrefix("/proc/\(getpid())/"),
      let number = Int32(name.lastPathComponent)
    {
      return .descriptor(number)
    }
    return .stream(link)
  }
}

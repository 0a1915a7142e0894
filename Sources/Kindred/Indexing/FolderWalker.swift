import Foundation

/// Lists the files under folders, as an index run sees them.
struct FolderWalker {
  /// Shell patterns; a file is taken when its name or its path below the folder fits one. Empty takes all.
  var include: [String] = []
  /// Shell patterns; a file or folder that fits one is left out.
  var exclude: [String] = []
  /// Whether links to folders are gone into.
  var followsLinks = false
  /// Where links to files must lead; anywhere when `nil`.
  var allowedRoots: AllowedRoots?
  /// Folders that are left out whatever the patterns say: the index itself.
  var omittedFolders: [String] = []

  /// A file or folder that could not be looked at.
  struct Problem: Sendable {
    var path: String
    var code: String
    var reason: String
  }

  struct Result {
    var files: [WalkedFile] = []
    var problems: [Problem] = []
    /// Folders that were named, absolute and free of links.
    var roots: [String] = []
    /// Files seen below each root, before the patterns.
    var seen: [String: Int] = [:]
  }

  /// Walks folders; a file may be named too.
  /// - Throws: ``KindredError/Code/unreadableFolder`` for a named folder that is not there.
  func walk(_ folders: [String]) throws -> Result {
    var result = Result()
    var visited = Set<FileIdentity>()
    let omitted = Set(omittedFolders.compactMap { Self.information($0).map { FileIdentity($0) } })
    var paths = Set<PathKey>()
    for folder in folders {
      guard let root = ResolvedPath.following(folder) else {
        throw KindredError(
          .unreadableFolder, place: folder, reason: String(cString: strerror(errno)).lowercased(),
          remedy: "Name a folder of pictures.")
      }
      guard let information = Self.information(root) else {
        throw KindredError(.unreadableFolder, place: folder, reason: String(cString: strerror(errno)).lowercased())
      }
      if information.st_mode & S_IFMT == S_IFREG {
        let path = ResolvedPath.keepingTheFile(folder) ?? root
        if paths.insert(PathKey(path)).inserted { result.files.append(WalkedFile(path: path, information)) }
        continue
      }
      guard information.st_mode & S_IFMT == S_IFDIR else {
        throw KindredError(.unreadableFolder, place: folder, reason: "neither a folder nor a file")
      }
      guard access(root, R_OK | X_OK) == 0 else {
        throw KindredError(.unreadableFolder, place: folder, reason: String(cString: strerror(errno)).lowercased())
      }
      result.roots.append(root)
      result.seen[root] = 0
      var pending = [(path: root, relative: "", identity: FileIdentity(information))]
      while let next = pending.popLast() {
        guard !omitted.contains(next.identity), visited.insert(next.identity).inserted else { continue }
        if next.path != root, Self.isKeptByACollection(next.path) { continue }
        result.seen[root, default: 0] += list(
          next.path, relative: next.relative, into: &result, pending: &pending, paths: &paths, visited: visited)
      }
    }
    result.files.sort { $0.path < $1.path }
    return result
  }

  /// - Returns: how many files it saw.
  private func list(
    _ folder: String, relative: String, into result: inout Result,
    pending: inout [(path: String, relative: String, identity: FileIdentity)], paths: inout Set<PathKey>,
    visited: Set<FileIdentity>
  ) -> Int {
    var seen = 0
    guard let stream = opendir(folder) else {
      result.problems.append(
        Problem(path: folder, code: "unreadable", reason: String(cString: strerror(errno)).lowercased()))
      return seen
    }
    defer { closedir(stream) }
    let descriptor = dirfd(stream)
    while let entry = readdir(stream) {
      var information = stat()
      var isLink = false
      let name: String? = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
          guard text[0] != 46 else { return "." }
          if fstatat(descriptor, text, &information, AT_SYMLINK_NOFOLLOW) != 0 { return "." }
          if information.st_mode & S_IFMT == S_IFLNK {
            isLink = true
            if fstatat(descriptor, text, &information, 0) != 0 {
              result.problems.append(
                Problem(
                  path: folder + "/" + String(cString: text), code: errno == ELOOP ? "unreadable" : "not-found",
                  reason: errno == ELOOP ? "a link that leads back to itself" : "a link to nothing"))
              return "."
            }
          }
          return String(validatingCString: text)
        }
      }
      guard let name else {
        result.problems.append(
          Problem(path: folder, code: "unreadable", reason: "holds a file whose name is not UTF-8; rename it"))
        continue
      }
      guard name != "." else { continue }
      let path = folder == "/" ? "/" + name : folder + "/" + name
      let below = relative.isEmpty ? name : relative + "/" + name
      if Self.matches(exclude, name: name, path: below) { continue }
      switch information.st_mode & S_IFMT {
      case S_IFDIR:
        if isLink {
          guard followsLinks else { continue }
          if visited.contains(FileIdentity(information)) {
            result.problems.append(
              Problem(path: path, code: "unreadable", reason: "a link to a folder that is walked already"))
            continue
          }
        }
        pending.append((path, below, FileIdentity(information)))
      case S_IFREG:
        seen += 1
        if isLink, let allowedRoots, !allowedRoots.contain(path) {
          result.problems.append(
            Problem(path: path, code: "not-allowed", reason: "a link that leads out of the allowed folders"))
          continue
        }
        guard include.isEmpty || Self.matches(include, name: name, path: below) else { continue }
        if paths.insert(PathKey(path)).inserted { result.files.append(WalkedFile(path: path, information)) }
      default:
        continue
      }
    }
    return seen
  }

  private static func matches(_ patterns: [String], name: String, path: String) -> Bool {
    patterns.contains { fnmatch($0, name, 0) == 0 || fnmatch($0, path, 0) == 0 }
  }

  /// Whether a folder holds the uploads or thumbnails of a collection, which are its own affair.
  private static func isKeptByACollection(_ folder: String) -> Bool {
    (folder.hasSuffix("/uploads") || folder.hasSuffix("/thumbnails"))
      && Collection.exists(at: (folder as NSString).deletingLastPathComponent)
  }

  static func information(_ path: String) -> stat? {
    var information = stat()
    return stat(path, &information) == 0 ? information : nil
  }
}

import Foundation

/// Folders that an operator allows callers to name files in. Callers see them by their names alone.
///
/// ```swift
/// let roots = try AllowedRoots(["/srv/photos"])
/// let folder = try roots.resolve("photos/2024")
/// print(roots.display(folder) ?? "outside")
/// ```
public struct AllowedRoots: Sendable {
  /// Each folder's last component, as it was named, with a number where two are the same, and its real path.
  public let roots: [(name: String, path: String)]
  private static let longestPath = 4_096

  /// - Parameter paths: folders; links to them are followed once, now.
  /// - Throws: ``KindredError/Code/unreadableFolder`` for what is no folder.
  public init(_ paths: [String]) throws {
    var roots: [(name: String, path: String)] = []
    for path in paths {
      guard !path.utf8.contains(0), let real = ResolvedPath.following(path),
        FolderWalker.information(real)?.st_mode.isFolder == true
      else {
        throw KindredError(
          .unreadableFolder, place: path, reason: "no folder is here", remedy: "Name a folder that is there.")
      }
      guard !roots.contains(where: { PathKey($0.path) == PathKey(real) }) else { continue }
      let given = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
      let last = given == "/" ? "root" : given
      var name = last
      var number = 2
      while roots.contains(where: { PathKey($0.name) == PathKey(name) }) {
        name = "\(last)-\(number)"
        number += 1
      }
      roots.append((name, real))
    }
    self.roots = roots
  }

  /// The real path of what a caller names: the name of a root and a path below it, or an absolute path under a root.
  /// Links are followed; what they lead to must be under a root too. Nothing in the text is decoded: `%2e` is three
  /// characters of a name.
  /// - Throws: ``KindredError/Code/outsideRoots``. It is the same whether something is there and not allowed or nothing
  ///   is there, so that callers can't feel their way through the machine's other folders.
  public func resolve(_ path: String) throws -> String {
    let refusal = KindredError(
      .outsideRoots, place: String(path.prefix(200)), reason: "nothing under an allowed folder has this path",
      remedy: "Write the name of an allowed folder, then the path below it.")
    guard !path.isEmpty, path.utf8.count <= Self.longestPath, !path.utf8.contains(0) else { throw refusal }
    var candidates: [String] = []
    if path.utf8.first == UInt8(ascii: "/") {
      candidates = [path]
    } else {
      let parts = path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
      let first = String(decoding: parts[0], as: UTF8.self)
      for root in roots where PathKey(root.name) == PathKey(first) {
        candidates.append(parts.count > 1 ? root.path + "/" + String(decoding: parts[1], as: UTF8.self) : root.path)
      }
    }
    for candidate in candidates {
      if let real = ResolvedPath.following(candidate), root(of: real) != nil { return real }
    }
    throw refusal
  }

  /// Whether a path leads to something under a root, links followed.
  public func contain(_ path: String) -> Bool { (try? resolve(path)) != nil }

  /// A path as callers may see it, such as `photos/2024/x.jpg`; `nil` when it is under no root.
  public func display(_ absolute: String) -> String? {
    let components = absolute.utf8.split(separator: UInt8(ascii: "/"))
    guard let root = root(of: absolute), !components.contains(where: { $0.elementsEqual("..".utf8) }) else {
      return nil
    }
    let below = absolute.utf8.dropFirst(root.path == "/" ? 1 : root.path.utf8.count + 1)
    return below.isEmpty ? root.name : root.name + "/" + String(decoding: below, as: UTF8.self)
  }

  /// The innermost root that a path is under, byte by byte.
  private func root(of absolute: String) -> (name: String, path: String)? {
    let bytes = absolute.utf8
    let fitting = roots.filter { root in
      guard root.path != "/" else { return bytes.first == UInt8(ascii: "/") }
      guard bytes.starts(with: root.path.utf8) else { return false }
      let rest = bytes.dropFirst(root.path.utf8.count)
      return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
    return fitting.max { $0.path.utf8.count < $1.path.utf8.count }
  }

  /// Names of the folders right under a root, by name; hidden ones and links are left out.
  /// - Parameters:
  ///   - root: its name.
  ///   - limit: how many at most.
  public func folders(under root: String, limit: Int) -> [String] {
    guard limit > 0, let folder = roots.first(where: { PathKey($0.name) == PathKey(root) })?.path,
      let stream = opendir(folder)
    else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    // A folder of very many files is not read to its end for a list of suggestions.
    var looked = 0
    while looked < 100_000, let entry = readdir(stream) {
      looked += 1
      let name: String? = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
          guard text[0] != 46 else { return nil }
          var information = stat()
          guard fstatat(dirfd(stream), text, &information, AT_SYMLINK_NOFOLLOW) == 0, information.st_mode.isFolder
          else { return nil }
          return String(validatingCString: text)
        }
      }
      if let name { names.append(name) }
    }
    return Array(names.sorted().prefix(limit))
  }
}

extension mode_t {
  fileprivate var isFolder: Bool { self & S_IFMT == S_IFDIR }
}

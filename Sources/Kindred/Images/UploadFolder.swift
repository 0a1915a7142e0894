import Foundation

/// The folder of a collection that holds the pictures which callers sent: `uploads/<sha256>/<name>`.
///
/// The database has the absolute path of each. It is stale after the collection's folder was renamed, moved or copied;
/// what follows `uploads` is not.
struct UploadFolder: Sendable {
  /// Absolute and free of links.
  let path: String

  /// - Parameter directory: the collection's folder.
  init(collectionDirectory directory: String) {
    path = (ResolvedPath.following(directory) ?? directory) + "/uploads"
  }

  func path(digest: String, name: String) -> String { "\(path)/\(digest)/\(name)" }

  /// The last parts of a path that looks like an upload's; `nil` for others.
  static func parts(of path: String) -> (digest: String, name: String)? {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).suffix(3)
      .map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 3, parts[0] == "uploads", ContentHash.isHexDigest(parts[1]), !parts[2].isEmpty,
      parts[2] != ".", parts[2] != ".."
    else { return nil }
    return (parts[1], parts[2])
  }

  /// Where an image's file is now: an upload is looked for in this folder first, whatever the path says of the folders
  /// above.
  func present(_ stored: String) -> String {
    guard let parts = Self.parts(of: stored) else { return stored }
    let own = path(digest: parts.digest, name: parts.name)
    if case .file = FileState(of: own) { return own }
    return stored
  }

  /// Writes a file, or leaves alone one that has these bytes.
  /// - Returns: whether it was not there before.
  func store(_ bytes: [UInt8], digest: [UInt8], at destination: String) throws -> Bool {
    if let found = try? ContentHash.sha256(fileAt: destination), found == digest { return false }
    let isNew = FileState(of: destination) == .gone
    let folder = (destination as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw KindredError(.unwritable, place: "uploads", reason: "the folder can't be made; is the disk full?")
    }
    do {
      try PrivateFile(path: destination).replace(with: bytes, mode: 0o644)
    } catch let error as KindredError {
      throw KindredError(error.code, place: "uploads", reason: error.reason, remedy: error.remedy)
    }
    for folder in [path, (path as NSString).deletingLastPathComponent] { PrivateFile.synchronize(folder: folder) }
    return isNew
  }

  /// Deletes an upload's file, and its folder with the last one; paths elsewhere are left alone.
  func remove(_ file: String) {
    guard let parts = Self.parts(of: file), PathKey(path(digest: parts.digest, name: parts.name)) == PathKey(file)
    else { return }
    let folder = "\(path)/\(parts.digest)"
    var information = stat()
    // A link in its place would have files elsewhere deleted.
    guard lstat(folder, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { return }
    unlink(file)
    rmdir(folder)
  }
}

extension Collection {
  var uploads: UploadFolder { UploadFolder(collectionDirectory: directory) }
}

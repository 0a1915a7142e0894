import Foundation

/// Remembers the SHA-256 of files outside the store. Losing it costs only time, so its troubles are nobody's errors.
struct HashCache {
  private struct Entry: Codable {
    var stamp: FileStamp
    var sha256: String
  }
  private static let limit = 256

  let path: String

  private func entries() -> [Entry] {
    StoreFile.readSmall(path).flatMap { try? JSONDecoder().decode([Entry].self, from: $0) } ?? []
  }

  func sha256(of stamp: FileStamp) -> String? {
    entries().first { $0.stamp == stamp && ContentHash.isHexDigest($0.sha256) }?.sha256
  }

  func remember(_ sha256: String, of stamp: FileStamp) {
    // A file that was changed just now may change again within the same tick of the file system's clock.
    guard Double(max(stamp.modified, stamp.changed)) / 1e9 < Date().timeIntervalSince1970 - 2 else { return }
    var entries = entries().filter { $0.stamp.device != stamp.device || $0.stamp.inode != stamp.inode }
    entries.append(Entry(stamp: stamp, sha256: sha256))
    guard let data = try? JSONEncoder().encode(entries.suffix(Self.limit)) else { return }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try? StoreFile.createDirectory(folder)
    try? StoreFile.replace(path, with: data)
  }
}

import Foundation
import GRDB

extension CollectionWriter {
  /// Takes images out of the collection with what the collection keeps of them: the files of uploads, and thumbnails of
  /// contents that no image holds any more. Files that were indexed where they lie are left alone.
  /// - Returns: how many were there.
  @discardableResult
  public func removeImages(ids: [Int64]) throws -> Int {
    let leaving = try collection.read { db in
      try ids.compactMap { id in
        try Row.fetchOne(
          db.cachedStatement(
            sql: """
              SELECT image.path AS path, content.sha256 AS sha256
              FROM image JOIN content ON content.id = image.content_id WHERE image.id = ?
              """), arguments: [id])
      }
    }
    let removed = try remove(imageIDs: ids)
    // Files go last: a crash before leaves files without an image, which a repair removes, and no image without a file.
    for row in leaving { collection.uploads.remove(row["path"]) }
    try removeThumbnails(digests: Set(leaving.map { [UInt8]($0["sha256"] as Data) }))
    return removed
  }

  /// Deletes thumbnails of those contents that are not in the collection.
  func removeThumbnails(digests: some Sequence<[UInt8]>) throws {
    guard FileManager.default.fileExists(atPath: collection.directory + "/thumbnails") else { return }
    let gone = try collection.read { db in try digests.filter { try Collection.contentID(db, sha256: $0) == nil } }
    for digest in gone { collection.removeThumbnails(digest: ContentHash.hexString(digest)) }
  }

  /// Deletes uploads that no image is and thumbnails of contents that no image holds: what an interrupted writer left.
  /// Only files with the names that Kindred gives are looked at.
  func sweepFiles() throws {
    let uploads = collection.uploads
    for digest in Self.names(in: uploads.path) where ContentHash.isHexDigest(digest) {
      for name in Self.names(in: "\(uploads.path)/\(digest)") {
        let path = uploads.path(digest: digest, name: name)
        if try collection.read({ try Self.imageRow($0, path: path) }) == nil { uploads.remove(path) }
      }
    }
    for size in Collection.thumbnailSizes {
      let folder = "\(collection.directory)/thumbnails/\(size)"
      for prefix in Self.names(in: folder) {
        let digests = Self.names(in: "\(folder)/\(prefix)").compactMap { name -> [UInt8]? in
          guard name.hasSuffix(".jpg") else { return nil }
          return ContentHash.bytes(hex: String(name.dropLast(4)))
        }
        try removeThumbnails(digests: digests)
      }
    }
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}

extension ContentHash {
  /// The digest that a text of 64 lower-case hexadecimal digits writes; `nil` for other texts.
  static func bytes(hex: String) -> [UInt8]? {
    guard isHexDigest(hex) else { return nil }
    let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

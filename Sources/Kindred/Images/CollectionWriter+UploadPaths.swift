import GRDB

extension CollectionWriter {
  private static let property = "uploads"

  /// Gives uploads the paths that they have now, after the collection's folder was renamed, moved or copied. What
  /// compares paths with the disk, such as an index run, would take them for gone otherwise.
  func refreshUploadPaths() throws {
    let uploads = collection.uploads
    guard collection.kind == .images, FolderWalker.information(uploads.path) != nil else { return }
    let known = try collection.read { db in
      try String.fetchOne(db, sql: "SELECT value FROM property WHERE name = ?", arguments: [Self.property])
    }
    // The scan of all paths is done once for each place.
    guard known.map(PathKey.init) != PathKey(uploads.path) else { return }
    try write { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT id, path FROM image WHERE path GLOB '*/uploads/*/*' ORDER BY id")
      for row in rows {
        let path: String = row["path"]
        let present = uploads.present(path)
        guard PathKey(present) != PathKey(path), try Self.imageRow(db, path: present) == nil else { continue }
        try db.execute(sql: "UPDATE image SET path = ? WHERE id = ?", arguments: [present, row["id"] as Int64])
      }
      try db.execute(
        sql: "INSERT OR REPLACE INTO property (name, value) VALUES (?, ?)", arguments: [Self.property, uploads.path])
    }
  }
}

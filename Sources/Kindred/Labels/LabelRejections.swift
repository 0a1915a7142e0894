import GRDB

/// Labels that a person said images do not deserve.
enum LabelRejections {
  static let table = """
    CREATE TABLE rejection (
      image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      PRIMARY KEY (image_id, name)
    ) STRICT, WITHOUT ROWID
    """

  /// One of them.
  struct Rejection: Hashable {
    var imageID: Int64
    var name: String
  }

  static func all(_ db: Database) throws -> Set<Rejection> {
    // Collections of the first version have no such table until somebody writes to them.
    guard try db.tableExists("rejection") else { return [] }
    let cursor = try Row.fetchCursor(db, sql: "SELECT image_id, name FROM rejection")
    var found = Set<Rejection>()
    while let row = try cursor.next() { found.insert(Rejection(imageID: row["image_id"], name: row["name"])) }
    return found
  }

  /// - Returns: how many were not rejected before.
  static func add(_ name: String, to imageIDs: [Int64], _ db: Database) throws -> Int {
    var added = 0
    for id in imageIDs {
      guard try Int64.fetchOne(db, sql: "SELECT id FROM image WHERE id = ?", arguments: [id]) != nil else {
        throw Collection.unknown(id: id)
      }
      try db.execute(sql: "INSERT OR IGNORE INTO rejection (image_id, name) VALUES (?, ?)", arguments: [id, name])
      added += db.changesCount
    }
    return added
  }

  /// Forgets that images do not deserve a label, since a person gave it to them.
  static func remove(_ name: String, from imageIDs: [Int64], _ db: Database) throws {
    for id in imageIDs {
      try db.execute(sql: "DELETE FROM rejection WHERE image_id = ? AND name = ?", arguments: [id, name])
    }
  }

  /// A label has another name now.
  static func rename(_ name: String, to newName: String, _ db: Database) throws {
    try db.execute(
      sql: "INSERT OR IGNORE INTO rejection (image_id, name) SELECT image_id, ? FROM rejection WHERE name = ?",
      arguments: [newName, name])
    try db.execute(sql: "DELETE FROM rejection WHERE name = ?", arguments: [name])
  }
}

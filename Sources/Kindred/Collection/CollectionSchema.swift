import Foundation
import GRDB

/// The tables of a collection's SQLite file; `index/README.md` documents them for other programs.
enum CollectionSchema {
  /// "KNDR", in the header of the SQLite file, tells a collection from any other database.
  static let applicationID: Int32 = 0x4B4E_4452
  static let version = 2
  /// Versions that can be read; a writer brings older ones up to the newest.
  static let versions = 1...version

  // Every table and index, in the words with which they are made. STRICT tables hold no other types, and the checks no
  // other ranges, whatever program writes to them.

  private static func statements(_ kind: Collection.Kind, version: Int = version) -> [String] {
    switch kind {
    case .images: [property] + images + (version >= 2 ? [LabelRejections.table] : [])
    case .vectors: [property, vectors]
    }
  }

  private static let property = """
    CREATE TABLE property (
      name TEXT PRIMARY KEY NOT NULL,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """

  /// Vectors that others made. The table has the name of its counterpart, so that what only needs to know which rows of
  /// the feature file are live need not know what they are.
  private static let vectors = """
    CREATE TABLE content (
      id INTEGER PRIMARY KEY NOT NULL CHECK (id >= 0),
      metadata TEXT NOT NULL,
      feature_row INTEGER NOT NULL UNIQUE CHECK (feature_row >= 0),
      feature_norm REAL NOT NULL CHECK (feature_norm > 0),
      feature_checksum INTEGER NOT NULL,
      added TEXT NOT NULL
    ) STRICT
    """

  private static let images = [
    // Distinct file contents: one feature each, however many files hold the same bytes.
    """
    CREATE TABLE content (
      id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
      sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
      byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
      format TEXT NOT NULL,
      width INTEGER NOT NULL CHECK (width BETWEEN 1 AND 1000000000),
      height INTEGER NOT NULL CHECK (height BETWEEN 1 AND 1000000000),
      capture_date TEXT,
      camera TEXT,
      feature_row INTEGER NOT NULL UNIQUE CHECK (feature_row >= 0),
      feature_norm REAL NOT NULL CHECK (feature_norm > 0),
      feature_checksum INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE image (
      id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
      path TEXT NOT NULL UNIQUE,
      byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
      modified_ns INTEGER NOT NULL,
      content_id INTEGER NOT NULL REFERENCES content (id),
      added TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX image_content ON image (content_id)",
    """
    CREATE TABLE label (
      image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      source TEXT NOT NULL,
      confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
      PRIMARY KEY (image_id, name, source)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX label_name ON label (name)",
    // Files that could not be indexed, so that they are not tried again until they change.
    """
    CREATE TABLE skipped (
      path TEXT PRIMARY KEY NOT NULL,
      byte_count INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL,
      code TEXT NOT NULL,
      reason TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
  ]

  static func create(_ db: Database, kind: Collection.Kind) throws {
    for statement in statements(kind) { try db.execute(sql: statement) }
    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Makes the tables that older versions lack.
  static func upgrade(_ db: Database, kind: Collection.Kind) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found < version else { return }
    let present = Set(statements(kind, version: found))
    for statement in statements(kind) where !present.contains(statement) { try db.execute(sql: statement) }
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Says whether this program can read the database.
  /// - Returns: what it holds.
  static func check(_ db: Database, path: String) throws -> Collection.Kind {
    let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard application == applicationID else {
      throw KindredError(
        .foreignCollection, place: path, reason: "this SQLite file is not a Kindred collection")
    }
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard versions.contains(found) else {
      throw KindredError(
        .foreignCollection, place: path,
        reason: "the collection has format version \(found); this program reads \(version)",
        remedy: found > version ? "Update kindred." : "Index the folder again into a new collection.")
    }
    // Triggers and views that somebody added would run with this program's rights, and other tables hold other types.
    let schema = try String.fetchSet(
      db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    for kind in [Collection.Kind.images, .vectors] where schema == Set(statements(kind, version: found)) { return kind }
    throw KindredError(
      .foreignCollection, place: path, reason: "the tables are not those that Kindred makes",
      remedy: "Undo what another program changed, or index the folder again into a new collection.")
  }
}

import Foundation
import GRDB

/// The tables of a collection's SQLite file; `index/README.md` documents them for other programs.
enum CollectionSchema {
  /// "KNDR", in the header of the SQLite file, tells a collection from any other database.
  static let applicationID: Int32 = 0x4B4E_4452
  static let version = 1

  static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE property (
          name TEXT PRIMARY KEY NOT NULL,
          value TEXT NOT NULL
        ) WITHOUT ROWID;

        -- Distinct file contents: one feature each, however many files hold the same bytes.
        CREATE TABLE content (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
          byte_count INTEGER NOT NULL,
          format TEXT NOT NULL,
          width INTEGER NOT NULL,
          height INTEGER NOT NULL,
          capture_date TEXT,
          camera TEXT,
          feature_row INTEGER NOT NULL UNIQUE,
          feature_norm REAL NOT NULL,
          feature_checksum INTEGER NOT NULL
        );

        CREATE TABLE image (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          path TEXT NOT NULL UNIQUE,
          byte_count INTEGER NOT NULL,
          modified_ns INTEGER NOT NULL,
          content_id INTEGER NOT NULL REFERENCES content (id),
          added TEXT NOT NULL
        );
        CREATE INDEX image_content ON image (content_id);

        CREATE TABLE label (
          image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
          name TEXT NOT NULL,
          source TEXT NOT NULL,
          confidence REAL NOT NULL,
          PRIMARY KEY (image_id, name, source)
        ) WITHOUT ROWID;
        CREATE INDEX label_name ON label (name);

        -- Files that could not be indexed, so that they are not tried again until they change.
        CREATE TABLE skipped (
          path TEXT PRIMARY KEY NOT NULL,
          byte_count INTEGER NOT NULL,
          modified_ns INTEGER NOT NULL,
          code TEXT NOT NULL,
          reason TEXT NOT NULL
        ) WITHOUT ROWID;
        """)
    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Says whether this program can read the database.
  static func check(_ db: Database, path: String) throws {
    let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    guard application == applicationID else {
      throw KindredError(
        .foreignCollection, place: path, reason: "this SQLite file is not a Kindred collection")
    }
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found == version else {
      throw KindredError(
        .foreignCollection, place: path,
        reason: "the collection has format version \(found); this program reads \(version)",
        remedy: found > version ? "Update kindred." : "Index the folder again into a new collection.")
    }
  }
}

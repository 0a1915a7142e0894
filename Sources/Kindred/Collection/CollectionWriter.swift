import Foundation
import GRDB
import VectorIndex

/// The one process that may change a collection.
///
/// A batch is appended to the feature file and flushed before the SQLite transaction that names its rows. A crash
/// before the transaction leaves rows that nobody knows; the next writer cuts them off.
public final class CollectionWriter {
  public let collection: Collection
  private let lock: WriterLock
  private let truncatesLog: Bool
  private(set) var features: FeatureFile
  private(set) var segment: Int

  /// Takes the writer's lock and drops what a crash left behind.
  /// - Parameters:
  ///   - collection: the one to change.
  ///   - truncatesLog: whether SQLite's log is emptied in the end, so that users who may not write can read. That waits
  ///     for readers and lets new ones wait, so a server leaves it to SQLite.
  public init(_ collection: Collection, truncatesLog: Bool = true) throws {
    self.collection = collection
    self.truncatesLog = truncatesLog
    // Where the folder is gone there is no place for the lock.
    try collection.checkPlace()
    lock = try WriterLock(path: collection.files.lock)
    // Whoever renames or removes the collection holds this lock meanwhile.
    try collection.checkPlace()
    try Self.upgrade(collection)
    let moment = try collection.moment()
    segment = moment.segment
    let files = collection.files
    for path in files.leftovers(besides: segment, fit: moment.fit) { try? FileManager.default.removeItem(atPath: path) }
    features = try FeatureFile(path: files.features(segment), writable: true)
    if features.rowCount > moment.rowCount {
      try features.truncate(toRows: moment.rowCount)
    }
    try Collection.checkLength(features, moment)
    try refreshUploadPaths()
  }

  /// Makes the tables that a collection of an older version lacks.
  private static func upgrade(_ collection: Collection) throws {
    do {
      try (collection.database as? DatabasePool)?.write { try CollectionSchema.upgrade($0, kind: collection.kind) }
    } catch let error as DatabaseError {
      throw CollectionDatabase.translated(error, path: collection.files.database)
    }
  }

  /// Opens for `verify --repair`, where the feature file may be shorter than SQLite says, or gone.
  init(repairing collection: Collection, features: FeatureFile, segment: Int, lock: WriterLock) {
    self.collection = collection
    truncatesLog = true
    self.lock = lock
    self.features = features
    self.segment = segment
  }

  deinit {
    guard truncatesLog else { return }
    // Readers that may not write here need the database without a log beside it.
    _ = try? (collection.database as? DatabasePool)?.writeWithoutTransaction { try $0.checkpoint(.truncate) }
  }

  /// Runs a write transaction, with SQLite's errors turned into ``KindredError``.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    guard let database = collection.database as? DatabasePool else {
      throw KindredError(
        .unwritable, place: collection.directory, reason: "the collection can't be written to by this user")
    }
    do { return try database.write(body) } catch let error as DatabaseError {
      throw CollectionDatabase.translated(error, path: collection.files.database)
    }
  }

  static func setProperty(_ db: Database, _ name: String, _ value: some CustomStringConvertible) throws {
    try db.execute(sql: "UPDATE property SET value = ? WHERE name = ?", arguments: [value.description, name])
  }

  static func advanceGeneration(_ db: Database) throws {
    try db.execute(
      sql: "UPDATE property SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'generation'")
    try db.execute(
      sql: "INSERT OR REPLACE INTO property (name, value) VALUES ('updated', ?)", arguments: [Collection.timestamp()])
  }

  func removeFile(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

  /// Moves to a new feature file; see `compact()`.
  func adopt(features: FeatureFile, segment: Int) {
    self.features = features
    self.segment = segment
    collection.closeFiles()
  }
}

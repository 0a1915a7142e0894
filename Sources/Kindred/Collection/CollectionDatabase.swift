import Foundation
import GRDB

/// Opens a collection's SQLite file and speaks of its faults.
enum CollectionDatabase {
  /// - Parameters:
  ///   - path: the file.
  ///   - readOnly: whether this user may only read; found out when `nil`.
  ///   - once: one thread reads and then the program ends. A pool would make, flush and remove a log for that.
  static func open(_ path: String, readOnly: Bool? = nil, once: Bool = false) throws -> any DatabaseReader {
    var configuration = Configuration()
    configuration.busyMode = .timeout(20)
    configuration.maximumReaderCount = 8
    configuration.prepareDatabase { db in
      // The file may come from somebody else.
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      if !db.configuration.readonly {
        // Every commit reaches the disk: features and graph are flushed too, and must not be ahead of SQLite after a
        // power cut.
        try db.execute(sql: "PRAGMA synchronous = FULL")
      }
    }
    let folder = (path as NSString).deletingLastPathComponent
    let mayWrite = access(folder, W_OK) == 0 && access(path, W_OK) == 0
    if !(readOnly ?? !mayWrite) {
      return once
        ? try DatabaseQueue(path: path, configuration: configuration)
        : try DatabasePool(path: path, configuration: configuration)
    }
    configuration.readonly = true
    // Without a log beside it, SQLite would want to make one; with one, the file alone is not the whole truth.
    let hasLog = FolderWalker.information(path + "-wal").map { $0.st_size > 0 } ?? false
    guard !hasLog else { return try DatabaseQueue(path: path, configuration: configuration) }
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    return try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
  }

  static func translated(_ error: DatabaseError, path: String) -> KindredError {
    let message = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return KindredError(
        .damagedCollection, place: path, reason: "SQLite can't read it: \(message)",
        remedy: "Run `kindred verify`; if it can't be mended, remove the folder and index again.")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return KindredError(.busy, place: path, reason: "another process holds the database", remedy: "Try again.")
    case .SQLITE_FULL:
      return KindredError(.unwritable, place: path, reason: "the disk is full")
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
      return KindredError(.unwritable, place: path, reason: "SQLite: \(message)")
    default:
      return KindredError(.damagedCollection, place: path, reason: "SQLite: \(message)")
    }
  }
}

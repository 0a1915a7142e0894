import Foundation
import GRDB

extension CollectionWriter {
  /// Takes images out of the collection. All files are left alone; ``removeImages(ids:)`` tidies up.
  /// - Returns: how many were there.
  @discardableResult
  public func remove(imageIDs: [Int64]) throws -> Int {
    guard !imageIDs.isEmpty else { return 0 }
    return try write { db in
      let removed = try Self.removeImages(db, ids: imageIDs)
      try Self.advanceGeneration(db)
      return removed
    }
  }

  /// Forgets skipped files that are gone.
  func forgetSkipped(paths: [String]) throws {
    guard !paths.isEmpty else { return }
    try write { db in
      for path in paths { try db.execute(sql: "DELETE FROM skipped WHERE path = ?", arguments: [path]) }
    }
  }

  @discardableResult
  static func removeImages(_ db: Database, ids: [Int64], sweeping: Bool = true) throws -> Int {
    var removed = 0
    for id in ids {
      guard
        let contentID = try Int64.fetchOne(db, sql: "SELECT content_id FROM image WHERE id = ?", arguments: [id])
      else { continue }
      try db.execute(sql: "DELETE FROM image WHERE id = ?", arguments: [id])
      if sweeping { try removeOrphans(db, contentIDs: [contentID]) }
      removed += 1
    }
    return removed
  }

  /// Drops contents that no image holds any more; their rows in the feature file are dead from then on.
  static func removeOrphans(_ db: Database, contentIDs: [Int64]) throws {
    for id in contentIDs {
      try db.execute(
        sql: "DELETE FROM content WHERE id = ? AND NOT EXISTS (SELECT 1 FROM image WHERE content_id = ?)",
        arguments: [id, id])
    }
  }

  /// Drops every content that no image holds.
  func sweepOrphans() throws {
    let digests = try write { db in
      let digests = try Data.fetchAll(
        db, sql: "SELECT sha256 FROM content WHERE NOT EXISTS (SELECT 1 FROM image WHERE content_id = content.id)")
      try db.execute(sql: "DELETE FROM content WHERE NOT EXISTS (SELECT 1 FROM image WHERE content_id = content.id)")
      if db.changesCount > 0 { try Self.advanceGeneration(db) }
      return digests
    }
    if !digests.isEmpty { try removeThumbnails(digests: digests.map { [UInt8]($0) }) }
  }
}

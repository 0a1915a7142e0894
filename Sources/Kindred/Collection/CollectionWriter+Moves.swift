import Foundation
import GRDB

/// Files whose bytes are known, at paths where another image may have been.
struct FoundFile: Sendable {
  var file: WalkedFile
  var sha256: [UInt8]
  var folderLabels: [Label]
}

extension CollectionWriter {
  /// Whether a file with known bytes may be an image that moved, so that it must wait until all files have been looked
  /// at: pictures may have swapped names, or been renamed in a row.
  /// - Parameter changed: paths of images whose files changed.
  func mayHaveMoved(_ file: WalkedFile, sha256: [UInt8], changed: Set<PathKey>) throws -> Bool {
    let holders = try collection.read { db in
      try String.fetchAll(
        // A content that very many files hold is not looked through for each further one.
        db, sql: "SELECT path FROM image WHERE content_id = (SELECT id FROM content WHERE sha256 = ?) LIMIT 100",
        arguments: [Data(sha256)])
    }
    if holders.contains(where: { PathKey($0) == PathKey(file.path) }) { return false }
    // A content without image belonged to one whose file was edited in this run.
    return holders.isEmpty || holders.contains { changed.contains(PathKey($0)) || FileState(of: $0) == .gone }
  }

  /// Lets images follow their bytes: an image whose file is gone, or has other bytes now, moves to a file that holds
  /// what it held. Identifier, content and all labels but the folder's stay.
  /// - Returns: how many moved, how many were overwritten, and the files that no image moved to.
  func resolveMoves(
    _ found: [FoundFile], edits: [BatchCounts.Edit], folderLabels: (String) -> [Label]
  ) throws -> (moved: Int, removed: Int, rest: [FoundFile]) {
    guard !found.isEmpty else { return (0, 0, []) }
    return try write { db in
      var candidates = try Self.movable(db, found: found)
      let edited = Dictionary(grouping: edits, by: { Data($0.before) }).mapValues { $0.map(\.imageID) }
      for (digest, ids) in edited { candidates[digest, default: []] += ids }

      var moves: [(id: Int64, to: FoundFile)] = []
      var rest: [FoundFile] = []
      var taken = Set<Int64>()
      for file in found.sorted(by: { $0.file.path < $1.file.path }) {
        if let id = candidates[Data(file.sha256)]?.first(where: { !taken.contains($0) }) {
          taken.insert(id)
          moves.append((id, file))
        } else {
          rest.append(file)
        }
      }

      // Out of the way first: a path belongs to one image at a time.
      var left: [(path: String, row: Row, predictions: [Label])] = []
      let edits = Set(edits.map(\.imageID))
      for (id, _) in moves {
        if edits.contains(id), let row = try Row.fetchOne(db, sql: "SELECT * FROM image WHERE id = ?", arguments: [id])
        {
          let predictions = try Collection.labels(db, imageID: id).filter { $0.source == .predicted }
          left.append((row["path"], row, predictions))
        }
        try db.execute(sql: "UPDATE image SET path = ? WHERE id = ?", arguments: ["moving:\(id)", id])
      }
      var removed = 0
      for (_, to) in moves {
        if let overwritten = try Self.imageRow(db, path: to.file.path) {
          removed += try Self.removeImages(db, ids: [overwritten.id], sweeping: false)
        }
      }
      for (id, to) in moves {
        try db.execute(
          sql: """
            UPDATE image SET path = ?, byte_count = ?, modified_ns = ?,
              content_id = (SELECT id FROM content WHERE sha256 = ?)
            WHERE id = ?
            """,
          arguments: [to.file.path, to.file.byteCount, to.file.modified, Data(to.sha256), id])
        try Self.replaceLabels(db, imageID: id, source: .folder, with: to.folderLabels)
        // What the network guessed of the picture that was put in its place is not true of this one.
        if edits.contains(id) { try Self.replaceLabels(db, imageID: id, source: .predicted, with: []) }
        try db.execute(sql: "DELETE FROM skipped WHERE path = ?", arguments: [to.file.path])
      }
      // What an edited image leaves behind is a new picture at its old path.
      for (path, row, predictions) in left where try Self.imageRow(db, path: path) == nil {
        try db.execute(
          sql: "INSERT INTO image (path, byte_count, modified_ns, content_id, added) VALUES (?, ?, ?, ?, ?)",
          arguments: [
            path, row["byte_count"] as Int64, row["modified_ns"] as Int64, row["content_id"] as Int64,
            Collection.timestamp(),
          ])
        let id = db.lastInsertedRowID
        try Self.replaceLabels(db, imageID: id, source: .predicted, with: predictions)
        try Self.replaceLabels(db, imageID: id, source: .folder, with: folderLabels(path))
      }
      try Self.advanceGeneration(db)
      return (moves.count, removed, rest)
    }
  }

  /// Images that may move, by what they hold: their files are gone, or are among the found ones with other bytes.
  private static func movable(_ db: Database, found: [FoundFile]) throws -> [Data: [Int64]] {
    let digests = Dictionary(
      found.map { (PathKey($0.file.path), Data($0.sha256)) }, uniquingKeysWith: { first, _ in first })
    var candidates: [Data: (gone: [Int64], displaced: [Int64])] = [:]
    for digest in Set(found.map { Data($0.sha256) }) {
      let rows = try Row.fetchAll(
        db, sql: "SELECT id, path FROM image WHERE content_id = (SELECT id FROM content WHERE sha256 = ?) ORDER BY id",
        arguments: [digest])
      for row in rows {
        let path: String = row["path"]
        if let other = digests[PathKey(path)] {
          if other != digest { candidates[digest, default: ([], [])].displaced.append(row["id"]) }
        } else if FileState(of: path) == .gone {
          candidates[digest, default: ([], [])].gone.append(row["id"])
        }
      }
    }
    return candidates.mapValues { $0.gone + $0.displaced }
  }
}

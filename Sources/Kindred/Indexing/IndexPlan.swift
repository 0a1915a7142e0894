import Foundation
import GRDB

/// What an index run has to do, from what the walk found and what the collection knows.
struct IndexPlan {
  /// Files to look at: new ones and changed ones.
  var work: [WalkedFile] = []
  /// Files that are as they were.
  var unchanged = 0
  /// Files that were skipped before and did not change.
  var skippedBefore: [FolderWalker.Problem] = []
  /// Images whose files are gone, by content: a new file with the same bytes takes one over.
  var missing: [Data: [Int64]] = [:]
  /// Skipped files that are gone.
  var forgotten: [String] = []

  private struct Known {
    var id: Int64
    var byteCount: Int64
    var modified: Int64
    var digest: Data
  }

  init(walk: FolderWalker.Result, collection: Collection, options: IndexOptions) throws {
    var images: [String: Known] = [:]
    var skipped: [String: (byteCount: Int64, modified: Int64, code: String, reason: String)] = [:]
    try collection.read { db in
      for root in walk.roots {
        let below = Self.range(below: root)
        let rows = try Row.fetchCursor(
          db,
          sql: """
            SELECT image.id, image.path, image.byte_count, image.modified_ns, content.sha256
            FROM image JOIN content ON content.id = image.content_id WHERE image.path >= ? AND image.path < ?
            """, arguments: [below.lowerBound, below.upperBound])
        while let row = try rows.next() {
          images[row["path"]] = Known(
            id: row["id"], byteCount: row["byte_count"], modified: row["modified_ns"], digest: row["sha256"])
        }
        let failures = try Row.fetchCursor(
          db, sql: "SELECT * FROM skipped WHERE path >= ? AND path < ?",
          arguments: [below.lowerBound, below.upperBound])
        while let row = try failures.next() {
          skipped[row["path"]] = (row["byte_count"], row["modified_ns"], row["code"], row["reason"])
        }
      }
      // Files that were named one by one lie under no root.
      for file in walk.files where images[file.path] == nil && skipped[file.path] == nil {
        if walk.roots.contains(where: { file.path.hasPrefix($0 == "/" ? "/" : $0 + "/") }) { continue }
        if let row = try Row.fetchOne(
          db,
          sql: """
            SELECT image.id, image.byte_count, image.modified_ns, content.sha256
            FROM image JOIN content ON content.id = image.content_id WHERE image.path = ?
            """, arguments: [file.path])
        {
          images[file.path] = Known(
            id: row["id"], byteCount: row["byte_count"], modified: row["modified_ns"], digest: row["sha256"])
        }
      }
    }

    for file in walk.files {
      if let known = images.removeValue(forKey: file.path) {
        if known.byteCount == file.byteCount && known.modified == file.modified {
          unchanged += 1
        } else {
          work.append(file)
        }
      } else if let before = skipped.removeValue(forKey: file.path), !options.retriesSkipped,
        before.byteCount == file.byteCount, before.modified == file.modified
      {
        skippedBefore.append(FolderWalker.Problem(path: file.path, code: before.code, reason: before.reason))
      } else {
        work.append(file)
      }
    }
    // What is left was not seen. A file that the patterns leave out is still there, and stays.
    for (path, known) in images where !Self.isThere(path) { missing[known.digest, default: []].append(known.id) }
    forgotten = skipped.keys.filter { !Self.isThere($0) }

    let gone = missing.values.reduce(0) { $0 + $1.count }
    if walk.seen == 0, walk.problems.isEmpty, gone > 0, !options.allowsEmpty, let root = walk.roots.first {
      throw KindredError(
        .unreadableFolder, place: root,
        reason: "the folder is empty now, but \(gone) of its images are indexed; is a disk not mounted?",
        remedy: "If they are really gone, run again with --allow-empty.")
    }
  }

  var missingIDs: [Int64] { missing.values.flatMap { $0 }.sorted() }

  /// Paths below a folder, as a range of strings in SQLite's byte order.
  static func range(below root: String) -> Range<String> {
    // "0" follows "/" in ASCII.
    root == "/" ? "/"..<"0" : (root + "/")..<(root + "0")
  }

  private static func isThere(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0
  }
}

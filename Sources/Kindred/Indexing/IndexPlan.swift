import Foundation
import GRDB

/// What an index run has to do, from what the walk found and what the collection knows.
struct IndexPlan {
  /// Files to look at: new ones and changed ones.
  var work: [WalkedFile] = []
  /// Of these, the paths of images.
  var changed = Set<PathKey>()
  /// Files that are as they were.
  var unchanged = 0
  /// Files that were skipped before and did not change.
  var skippedBefore: [FolderWalker.Problem] = []
  /// Images whose files are gone.
  var missing: [Int64] = []
  /// Skipped files that are gone.
  var forgotten: [String] = []

  private struct Known {
    var id: Int64
    var byteCount: Int64
    var modified: Int64
  }

  private struct Skipped {
    var path: String
    var byteCount: Int64
    var modified: Int64
    var code: String
    var reason: String
  }

  init(walk: FolderWalker.Result, collection: Collection, options: IndexOptions) throws {
    var images: [PathKey: Known] = [:]
    var skipped: [PathKey: Skipped] = [:]
    // Paths of images that were not seen, told apart by root for the guard below.
    var unseen: [(root: String, path: String, id: Int64)] = []
    let walked = Set(walk.files.map { PathKey($0.path) })
    try collection.read { db in
      func add(_ row: Row, root: String?) {
        let path: String = row["path"]
        guard walked.contains(PathKey(path)) else {
          if let root { unseen.append((root, path, row["id"])) }
          return
        }
        images[PathKey(path)] = Known(id: row["id"], byteCount: row["byte_count"], modified: row["modified_ns"])
      }
      let columns = "id, path, byte_count, modified_ns"
      for root in walk.roots {
        let below = Self.range(below: root)
        let rows = try Row.fetchCursor(
          db, sql: "SELECT \(columns) FROM image WHERE path >= ? AND path < ?",
          arguments: [below.lowerBound, below.upperBound])
        while let row = try rows.next() { add(row, root: root) }
        let failures = try Row.fetchCursor(
          db, sql: "SELECT * FROM skipped WHERE path >= ? AND path < ?",
          arguments: [below.lowerBound, below.upperBound])
        while let row = try failures.next() {
          skipped[PathKey(row["path"])] = Skipped(
            path: row["path"], byteCount: row["byte_count"], modified: row["modified_ns"], code: row["code"],
            reason: row["reason"])
        }
      }
      // Files that were named one by one lie under no root.
      for file in walk.files where images[PathKey(file.path)] == nil && skipped[PathKey(file.path)] == nil {
        if walk.roots.contains(where: { file.path.utf8.starts(with: ($0 == "/" ? "/" : $0 + "/").utf8) }) { continue }
        let row = try Row.fetchOne(db, sql: "SELECT \(columns) FROM image WHERE path = ?", arguments: [file.path])
        if let row { add(row, root: nil) }
      }
    }

    for file in walk.files {
      let key = PathKey(file.path)
      if let known = images[key] {
        if known.byteCount == file.byteCount && known.modified == file.modified {
          unchanged += 1
        } else {
          work.append(file)
          changed.insert(key)
        }
      } else if let before = skipped.removeValue(forKey: key), !options.retriesSkipped,
        before.byteCount == file.byteCount, before.modified == file.modified
      {
        skippedBefore.append(FolderWalker.Problem(path: file.path, code: before.code, reason: before.reason))
      } else {
        work.append(file)
      }
    }
    // A file that the patterns leave out, or that can't be looked at just now, is still there, and its image stays.
    var gone: [String: Int] = [:]
    for (root, path, id) in unseen where FileState(of: path) == .gone {
      missing.append(id)
      gone[root, default: 0] += 1
    }
    forgotten = skipped.values.map(\.path).filter { FileState(of: $0) == .gone }

    for root in walk.roots where walk.seen[root] == 0 {
      guard let count = gone[root], !options.allowsEmpty else { continue }
      throw KindredError(
        .unreadableFolder, place: root,
        reason: "the folder is empty now, but \(count) of its images are indexed; is a disk not mounted?",
        remedy: "If they are really gone, run again with --allow-empty.")
    }
  }

  /// Paths below a folder, as a range of strings in SQLite's byte order.
  static func range(below root: String) -> Range<String> {
    // "0" follows "/" in ASCII.
    root == "/" ? "/"..<"0" : (root + "/")..<(root + "0")
  }
}

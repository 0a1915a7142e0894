import Foundation
import GRDB
import ImageDecoding

/// One distinct content, ready to be stored.
struct NewContent: Sendable {
  /// Bytes of the file.
  var byteCount: Int64
  var metadata: ImageMetadata
  /// What the network said of it.
  var embedding: Embedding
}

/// What becomes of one file in a batch.
struct BatchEntry: Sendable {
  enum Outcome: Sendable {
    /// The file's bytes are new to the collection.
    case embedded(sha256: [UInt8], NewContent)
    /// The same bytes were there before.
    case known(sha256: [UInt8])
    /// The file can't be indexed.
    case skipped(code: String, reason: String)
  }
  var file: WalkedFile
  var outcome: Outcome
  /// Labels that the file's place gives it.
  var folderLabels: [Label]
}

/// How many files of a batch ended how.
struct BatchCounts: Sendable, Equatable {
  var indexed = 0
  var duplicates = 0
  /// Images whose file has other bytes than before.
  var edits: [Edit] = []

  /// An image that stayed with its path while the content changed. Should the old content turn up at another path, the
  /// image has moved there.
  struct Edit: Sendable, Equatable {
    var imageID: Int64
    /// SHA-256 of the content that it had.
    var before: [UInt8]
  }
}

extension CollectionWriter {
  /// Stores a batch: all of it, or at a crash nothing.
  func commit(_ batch: [BatchEntry]) throws -> BatchCounts {
    var counts = BatchCounts()
    guard !batch.isEmpty else { return counts }

    // Files of one batch may hold the same new bytes: the first brings the content.
    var fresh: [(sha256: [UInt8], content: NewContent)] = []
    var seen = Set<[UInt8]>()
    let known = try collection.read { db in
      try Set(
        batch.compactMap { entry -> [UInt8]? in
          guard case .embedded(let digest, _) = entry.outcome else { return nil }
          return try Collection.contentID(db, sha256: digest) == nil ? nil : digest
        })
    }
    for entry in batch {
      guard case .embedded(let digest, let content) = entry.outcome, !known.contains(digest),
        seen.insert(digest).inserted
      else { continue }
      fresh.append((digest, content))
    }

    let firstRow = features.rowCount
    if !fresh.isEmpty {
      _ = try features.append(fresh.map(\.content.embedding))
      try features.synchronize()
    }
    do {
      try write { db in
        let time = Collection.timestamp()
        for (offset, item) in fresh.enumerated() {
          let row = firstRow + offset
          try Self.insertContent(
            db, sha256: item.sha256, item.content, row: row, checksum: features.checksum(ofRow: row))
        }
        for entry in batch { try store(db, entry, time: time, counts: &counts) }
        try Self.setProperty(db, "row_count", firstRow + fresh.count)
        try Self.advanceGeneration(db)
      }
    } catch {
      try? features.truncate(toRows: firstRow)
      throw error
    }
    return counts
  }

  /// Faults whose cause is not in the file; such a file is tried again at the next run.
  private static let passingCodes: Set<String> = [
    ImageDecodingError.Code.unreadable.rawValue, ImageDecodingError.Code.notFound.rawValue,
  ]

  private static func insertContent(
    _ db: Database, sha256: [UInt8], _ content: NewContent, row: Int, checksum: UInt32
  ) throws {
    let metadata = content.metadata
    try db.execute(
      sql: """
        INSERT INTO content
          (sha256, byte_count, format, width, height, capture_date, camera, feature_row, feature_norm, feature_checksum)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        Data(sha256), content.byteCount, metadata.format.rawValue, metadata.width, metadata.height,
        metadata.captureDate, metadata.camera, row, Double(content.embedding.norm), Int64(checksum),
      ])
  }

  private func store(_ db: Database, _ entry: BatchEntry, time: String, counts: inout BatchCounts) throws {
    let file = entry.file
    let digest: [UInt8]
    var predictions: [Label]?
    switch entry.outcome {
    case .skipped(let code, let reason):
      guard !Self.passingCodes.contains(code) else { return }
      if let old = try Self.imageRow(db, path: file.path) {
        // It may be half written at this moment: the image keeps its place and labels, and is looked at again.
        if code == ImageDecodingError.Code.truncated.rawValue { return }
        // A picture that was good before and is not now leaves the collection.
        try Self.removeImages(db, ids: [old.id], sweeping: false)
      }
      try db.execute(
        sql: "INSERT OR REPLACE INTO skipped (path, byte_count, modified_ns, code, reason) VALUES (?, ?, ?, ?, ?)",
        arguments: [file.path, file.byteCount, file.modified, code, reason])
      return
    case .known(let sha256): digest = sha256
    case .embedded(let sha256, let content):
      digest = sha256
      predictions = content.embedding.predictions
    }
    guard let contentID = try Collection.contentID(db, sha256: digest) else {
      throw KindredError(.damagedCollection, place: file.path, reason: "its content left the collection during the run")
    }
    let sharers =
      try Int64.fetchOne(
        db, sql: "SELECT id FROM image WHERE content_id = ? AND path <> ? LIMIT 1", arguments: [contentID, file.path])
    if sharers == nil { counts.indexed += 1 } else { counts.duplicates += 1 }
    if predictions == nil, let sharer = sharers {
      predictions = try Collection.labels(db, imageID: sharer).filter { $0.source == .predicted }
    }

    let imageID: Int64
    if let old = try Self.imageRow(db, path: file.path) {
      imageID = old.id
      try db.execute(
        sql: "UPDATE image SET byte_count = ?, modified_ns = ?, content_id = ? WHERE id = ?",
        arguments: [file.byteCount, file.modified, contentID, imageID])
      if old.contentID != contentID {
        // The old content stays until the end of the run: it may have moved to a file that comes later.
        let before = try Data.fetchOne(db, sql: "SELECT sha256 FROM content WHERE id = ?", arguments: [old.contentID])
        counts.edits.append(BatchCounts.Edit(imageID: imageID, before: [UInt8](before ?? Data())))
        if let predictions { try Self.replaceLabels(db, imageID: imageID, source: .predicted, with: predictions) }
      }
    } else {
      try db.execute(
        sql: "INSERT INTO image (path, byte_count, modified_ns, content_id, added) VALUES (?, ?, ?, ?, ?)",
        arguments: [file.path, file.byteCount, file.modified, contentID, time])
      imageID = db.lastInsertedRowID
      if let predictions { try Self.replaceLabels(db, imageID: imageID, source: .predicted, with: predictions) }
      try Self.replaceLabels(db, imageID: imageID, source: .folder, with: entry.folderLabels)
    }
    try db.execute(sql: "DELETE FROM skipped WHERE path = ?", arguments: [file.path])
  }

  static func imageRow(_ db: Database, path: String) throws -> (id: Int64, contentID: Int64)? {
    try Row.fetchOne(db, sql: "SELECT id, content_id FROM image WHERE path = ?", arguments: [path])
      .map { ($0["id"], $0["content_id"]) }
  }

  static func replaceLabels(_ db: Database, imageID: Int64, source: Label.Source, with labels: [Label]) throws {
    try db.execute(
      sql: "DELETE FROM label WHERE image_id = ? AND source = ?", arguments: [imageID, source.rawValue])
    for label in labels {
      try db.execute(
        sql: "INSERT OR REPLACE INTO label (image_id, name, source, confidence) VALUES (?, ?, ?, ?)",
        arguments: [imageID, label.name, source.rawValue, label.confidence])
    }
  }
}

import Foundation
import GRDB
import ImageDecoding
import ResNet
import VectorIndex

/// Mends what `Verifier` finds.
public struct Repairer {
  let collection: Collection
  let loadModel: () throws -> ImageModel
  let options: IndexOptions

  /// - Parameters:
  ///   - collection: the one to mend.
  ///   - options: how changed files are indexed again.
  ///   - loadModel: loads the collection's network; called only when features must be made again.
  public init(
    _ collection: Collection, options: IndexOptions = IndexOptions(), loadModel: @escaping () throws -> ImageModel
  ) {
    self.collection = collection
    self.options = options
    self.loadModel = loadModel
  }

  private static let mostPixels = 10_000_000_000

  /// Mends, and verifies again.
  /// - Returns: what was wrong, and what still is.
  public func run(hashesFiles: Bool = true) throws -> (before: VerificationReport, after: VerificationReport) {
    let findings = try Verifier(collection, hashesFiles: hashesFiles).findings()
    guard !findings.report.isSound else { return (findings.report, findings.report) }
    let gone = findings.missingImages.count
    guard options.allowsEmpty || gone <= 10 || gone * 2 <= findings.report.images else {
      throw KindredError(
        .unreadableFolder, place: collection.directory,
        reason: "the files of \(gone) of \(findings.report.images) images are gone; is a disk not mounted?",
        remedy: "If they are really gone, run again with --allow-empty.")
    }
    try mendRows(findings)
    let writer = try CollectionWriter(collection)
    try writer.removeImages(ids: findings.missingImages)
    if !findings.changedFiles.isEmpty {
      // A file whose size and time are as before would be taken for unchanged.
      try writer.write { db in
        for path in findings.changedFiles {
          try db.execute(sql: "UPDATE image SET modified_ns = -1 WHERE path = ?", arguments: [path])
        }
      }
      var options = options
      options.labels = []
      options.maximumPixels = Self.mostPixels
      _ = try Indexer(writer: writer, loadModel: loadModel, options: options).run(findings.changedFiles)
    }
    let now = try collection.moment()
    var derived = [collection.files.graph(now.segment), collection.files.graph(now.segment, fit: now.fit)]
    if !findings.fitIsUsable { derived.append(collection.files.fit(now.fit)) }
    for path in derived {
      try? FileManager.default.removeItem(atPath: path)
    }
    collection.closeFiles()
    try writer.updateGraph()
    if collection.kind == .images { try writer.sweepFiles() }
    let after = try withExtendedLifetime(writer) { try Verifier(collection, hashesFiles: hashesFiles).run() }
    return (findings.report, after)
  }

  /// Writes a new feature file: good rows copied, bad ones made again from their pictures. Contents that no picture is
  /// left of leave the collection.
  private func mendRows(_ findings: Verifier.Findings) throws {
    let moment = try collection.moment()
    let next = moment.segment + 1
    let isShort =
      (try? FeatureFile(path: collection.files.features(moment.segment)))
      .map { $0.rowCount < moment.rowCount } ?? true
    let orphans = findings.report.problems.contains { $0.kind == .row }
    guard !findings.badContents.isEmpty || isShort || !findings.featuresAreUsable || orphans else { return }

    guard collection.kind == .images else {
      throw KindredError(
        .damagedCollection, place: collection.directory,
        reason: "vectors are damaged, and there are no pictures to make them from again",
        remedy: "Restore the folder from a copy, or insert the vectors into a new collection.")
    }
    let lock = try WriterLock(path: collection.files.lock)
    let path = collection.files.features(next)
    try? FileManager.default.removeItem(atPath: path)
    let fresh = try FeatureFile.create(
      path: path, layout: collection.settings.layout ?? RowLayout(dimension: collection.imageModel.featureDimension))
    let old = findings.featuresAreUsable ? try? FeatureFile(path: collection.files.features(moment.segment)) : nil
    let contents = try collection.read { db in
      try Row.fetchAll(db, sql: "SELECT id, sha256, feature_row, feature_norm FROM content ORDER BY id").map {
        (
          id: $0["id"] as Int64, digest: [UInt8]($0["sha256"] as Data), row: $0["feature_row"] as Int,
          norm: $0["feature_norm"] as Double
        )
      }
    }
    var placed: [(id: Int64, row: Int, norm: Double)] = []
    var lost: [Int64] = []
    var model: ImageModel?
    for content in contents {
      if let old, !findings.badContents.contains(content.id), content.row < old.rowCount {
        placed.append((content.id, try fresh.append(rows: [content.row], of: old), content.norm))
        continue
      }
      let network = try model ?? loadModel()
      model = network
      if let embedding = try embedAgain(content.id, digest: content.digest, model: network) {
        placed.append((content.id, try fresh.append([embedding]), Double(embedding.norm)))
      } else {
        lost.append(content.id)
      }
    }
    try fresh.synchronize()
    let writer = CollectionWriter(repairing: collection, features: fresh, segment: next, lock: lock)
    try writer.write { db in
      for id in lost {
        try db.execute(sql: "DELETE FROM image WHERE content_id = ?", arguments: [id])
        try db.execute(sql: "DELETE FROM content WHERE id = ?", arguments: [id])
      }
      // Out of the way first: no two contents may claim one row at any time.
      try db.execute(sql: "UPDATE content SET feature_row = 1099511627776 + id")
      for item in placed {
        try db.execute(
          sql: "UPDATE content SET feature_row = ?, feature_norm = ?, feature_checksum = ? WHERE id = ?",
          arguments: [item.row, item.norm, Int64(fresh.checksum(ofRow: item.row)), item.id])
      }
      try db.execute(sql: "DELETE FROM content WHERE NOT EXISTS (SELECT 1 FROM image WHERE content_id = content.id)")
      try db.execute(sql: "DELETE FROM label WHERE NOT EXISTS (SELECT 1 FROM image WHERE id = label.image_id)")
      try CollectionWriter.setProperty(db, "row_count", fresh.rowCount)
      try CollectionWriter.setProperty(db, "segment", next)
      try CollectionWriter.advanceGeneration(db)
    }
    collection.closeFiles()
  }

  private func embedAgain(_ contentID: Int64, digest: [UInt8], model: ImageModel) throws -> Embedding? {
    let paths = try collection.read { db in
      try String.fetchAll(db, sql: "SELECT path FROM image WHERE content_id = ?", arguments: [contentID])
    }
    let decoder = ImageDecoder(
      options: DecodingOptions(
        path: collection.settings.decoding, minimumShorterSide: model.recipe.shorterSide,
        // What was indexed with a larger limit must not be lost to a smaller one.
        maximumPixels: Self.mostPixels, maximumFileBytes: 1 << 30))
    let embedder = Embedder(model: model, views: collection.settings.views)
    for path in paths {
      guard let bytes = try? decoder.read(contentsOf: collection.uploads.present(path)),
        ContentHash.sha256(bytes) == digest,
        let prepared = try? embedder.prepare(bytes, name: path, decoder: decoder)
      else { continue }
      let embedding = try embedder.embed(prepared: prepared.input, count: 1)[0]
      if embedding.isUsable { return embedding }
    }
    return nil
  }
}

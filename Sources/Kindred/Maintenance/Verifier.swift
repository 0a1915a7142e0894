import Foundation
import GRDB
import VectorIndex

/// Something in a collection that is not as it should be.
public struct VerificationProblem: Sendable, Equatable, Codable {
  public enum Kind: String, Sendable, Codable {
    /// SQLite's own check found damage.
    case database
    /// An image or content that refers to nothing, or that nothing refers to.
    case row
    /// A feature that is missing, damaged or shared.
    case feature
    /// The graph is missing, behind or damaged.
    case graph
    /// An indexed file is gone.
    case missingFile = "missing-file"
    /// An indexed file has other bytes than when it was indexed.
    case changedFile = "changed-file"
  }
  public var kind: Kind
  public var place: String
  public var description: String
}

/// What `kindred verify` found.
public struct VerificationReport: Sendable, Equatable, Codable {
  public var problems: [VerificationProblem] = []
  public var images = 0
  public var contents = 0
  public var graphNodes = 0
  /// Whether the bytes of every file were compared with their hash.
  public var hashedFiles = false

  public var isSound: Bool { problems.isEmpty }
}

/// Checks every file, row, feature and graph node of a collection against each other.
public struct Verifier {
  let collection: Collection
  /// Whether files are read to compare their hashes; else size and modification time are compared alone.
  let hashesFiles: Bool
  let report: (Int, Int) -> Void

  public init(_ collection: Collection, hashesFiles: Bool = true, report: @escaping (Int, Int) -> Void = { _, _ in }) {
    self.collection = collection
    self.hashesFiles = hashesFiles
    self.report = report
  }

  /// Of the mean, in lengths of a centred embedding, and of the median cosine: several times what a writer leaves.
  private static let mostDrift: Float = 0.6
  private static let mostShift: Float = 0.4

  /// What was found, with what a repair needs to know.
  struct Findings {
    var report = VerificationReport()
    /// Contents whose feature can't be used.
    var badContents = Set<Int64>()
    var missingImages: [Int64] = []
    var changedFiles: [String] = []
    var featuresAreUsable = true
    /// Whether what was learnt from the embeddings is to be learnt anew.
    var fitIsUsable = true
  }

  public func run() throws -> VerificationReport { try findings().report }

  func findings() throws -> Findings {
    while true {
      var findings = Findings()
      findings.report.hashedFiles = hashesFiles
      // One transaction, so that what another process does meanwhile is not taken for damage.
      let present = try collection.read { db in
        try checkDatabase(db, &findings)
        let moment = try collection.moment(db)
        findings.report.images = moment.imageCount
        findings.report.contents = moment.contentCount
        if let features = checkFeatureFile(moment, &findings) {
          try checkFeatures(db, features, moment: moment, &findings)
          try checkGraph(db, features, moment: moment, &findings)
        }
        return moment
      }
      // A compaction or a new fit may have taken the files of that moment away.
      if !findings.report.isSound {
        let now = try collection.moment()
        if now.segment != present.segment || now.fit != present.fit { continue }
      }
      try checkFiles(&findings)
      return findings
    }
  }

  private func add(_ kind: VerificationProblem.Kind, _ place: String, _ description: String, _ findings: inout Findings)
  {
    findings.report.problems.append(VerificationProblem(kind: kind, place: place, description: description))
  }

  private func checkDatabase(_ db: Database, _ findings: inout Findings) throws {
    for message in try String.fetchAll(db, sql: "PRAGMA integrity_check") where message != "ok" {
      add(.database, collection.files.database, message, &findings)
    }
    for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
      let table: String = row["table"]
      add(.row, table, "a row refers to one that is not there", &findings)
    }
    guard collection.kind == .images else { return }
    for id in try Int64.fetchAll(
      db, sql: "SELECT id FROM content WHERE NOT EXISTS (SELECT 1 FROM image WHERE content_id = content.id)")
    {
      add(.row, "content \(id)", "no image holds this content", &findings)
    }
  }

  private func checkFeatureFile(_ moment: Collection.Moment, _ findings: inout Findings) -> FeatureFile? {
    let path = collection.files.features(moment.segment)
    do {
      let features = try FeatureFile(path: path)
      try collection.checkDimension(features)
      return features
    } catch {
      add(.feature, path, "\(error)", &findings)
      findings.featuresAreUsable = false
      return nil
    }
  }

  private func checkFeatures(
    _ db: Database, _ features: FeatureFile, moment: Collection.Moment, _ findings: inout Findings
  ) throws {
    if features.rowCount < moment.rowCount {
      add(.feature, features.path, "\(features.rowCount) rows, but \(moment.rowCount) are committed", &findings)
    }
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT id, feature_row, feature_checksum FROM content ORDER BY feature_row")
    while let content = try cursor.next() {
      let id: Int64 = content["id"]
      let row: Int = content["feature_row"]
      let checksum: Int64 = content["feature_checksum"]
      let fault: String?
      if row < 0 || row >= moment.rowCount || row >= features.rowCount {
        fault = "row \(row) is not in the feature file"
      } else if Int64(features.checksum(ofRow: row)) != checksum {
        fault = "the feature in row \(row) does not fit its checksum"
      } else {
        fault = features.fault(ofRow: row)
      }
      if let fault {
        add(.feature, "content \(id)", fault, &findings)
        findings.badContents.insert(id)
      }
    }
  }

  private func checkGraph(
    _ db: Database, _ features: FeatureFile, moment: Collection.Moment, _ findings: inout Findings
  ) throws {
    let fit: EmbeddingFit?
    do {
      fit = try collection.fit(at: moment)
      if let fit { try checkFit(fit, features, db, moment: moment, &findings) }
    } catch {
      let reason = (error as? KindredError)?.reason ?? (error as? VectorIndexError)?.reason ?? "\(error)"
      findings.fitIsUsable = false
      add(
        .graph, collection.files.fit(moment.fit), "what was learnt from the embeddings can't be used: \(reason)",
        &findings)
      return
    }
    let path = collection.graphPath(at: moment, fit)
    let isThere = FileManager.default.fileExists(atPath: path)
    guard isThere || moment.contentCount >= Collection.exactSearchLimit else { return }
    guard isThere else {
      add(.graph, path, "there is no graph; searches compare every image", &findings)
      return
    }
    do {
      let search = try SearchGraph(contentsOf: path, features: features, fit: fit, number: moment.fit)
      let graph = search.base
      findings.report.graphNodes = graph.count
      if graph.generation != moment.generation {
        add(
          .graph, path, "the graph lacks the last changes (generation \(graph.generation) of \(moment.generation))",
          &findings)
        return
      }
      if graph.parameters != collection.settings.graph {
        add(.graph, path, "the graph was made with other settings than the collection's", &findings)
      }
      let live = try Collection.liveRows(db)
      let problems = try graph.problems(expectedLive: live)
      for problem in problems.found { add(.graph, path, problem.description, &findings) }
      if problems.total > problems.found.count {
        add(.graph, path, "and \(problems.total - problems.found.count) more faults", &findings)
      }
      try checkFinding(
        search, collection.embeddings(at: moment), live: live.filter { $0 < features.rowCount }, path: path, &findings)
    } catch {
      add(.graph, path, "\(error)", &findings)
    }
  }

  /// A fit may be sound by itself and have been learnt from other embeddings. One that is only behind passes.
  private func checkFit(
    _ fit: EmbeddingFit, _ features: FeatureFile, _ db: Database, moment: Collection.Moment, _ findings: inout Findings
  ) throws {
    let composition = try collection.composition(of: moment.recipe, mean: nil)
    let live = try Collection.liveRows(db).filter { (0..<features.rowCount).contains($0) }
    guard live.count > 1 else { return }
    let centers = moment.recipe.similarity == .centered
    let fault: String
    if centers, fit.mean == nil, live.count >= EmbeddingRecipe.leastImagesToCenter {
      fault = "there is no mean of the embeddings in it"
    } else if try centers && fit.drift(of: features, composition, rows: live) > Self.mostDrift
      || fit.shift(of: features, composition, rows: live) > Self.mostShift
    {
      fault = "it was learnt from other embeddings"
    } else {
      return
    }
    findings.fitIsUsable = false
    add(.graph, collection.files.fit(moment.fit), fault, &findings)
  }

  /// The graph of another collection may have the same rows and links in perfect order, and lead nowhere: rows must find
  /// themselves. Few candidates are kept, so that a search does not walk through all of a small graph.
  private func checkFinding(
    _ graph: SearchGraph, _ embeddings: EmbeddingRows, live: [Int], path: String, _ findings: inout Findings
  ) throws {
    let sample = stride(from: 0, to: live.count, by: max(1, live.count / 100)).map { live[$0] }
    let lost = try sample.count { row in
      (try graph.neighbors(of: embeddings.row(row), top: 1, depth: .level(2), embeddings: embeddings)?.first?.score
        ?? -1)
        < 0.999
    }
    // A graph search is allowed to miss now and then, on hard vectors more often.
    if lost * 2 > sample.count {
      let text = "\(lost) of \(sample.count) images do not find themselves; the graph was built for others"
      add(.graph, path, text, &findings)
    }
  }

  private func checkFiles(_ findings: inout Findings) throws {
    guard collection.kind == .images else { return }
    let total = findings.report.images
    var done = 0
    let uploads = collection.uploads
    try collection.forEachRecord { record in
      if done % 64 == 0 { report(done, total) }
      done += 1
      let path = uploads.present(record.path)
      let stamp: WalkedFile
      switch FileState(of: path) {
      case .file(let file): stamp = file
      case .gone:
        add(.missingFile, path, "the file is gone", &findings)
        findings.missingImages.append(record.id)
        return
      case .unknown:
        add(.changedFile, path, "the file can't be looked at now", &findings)
        return
      }
      let isSame: Bool
      if stamp.byteCount != record.byteCount {
        isSame = false
      } else if hashesFiles {
        isSame =
          (try? ContentHash.sha256(fileAt: path)).map { ContentHash.hexString($0) == record.sha256 } ?? false
      } else {
        isSame = Collection.timestamp(Date(timeIntervalSince1970: Double(stamp.modified) / 1e9)) == record.modified
      }
      if !isSame {
        add(.changedFile, path, "the file changed after it was indexed", &findings)
        findings.changedFiles.append(path)
      }
    }
    report(total, total)
  }
}

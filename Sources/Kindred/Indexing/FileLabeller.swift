import Foundation
import GRDB

/// Gives files the labels that an index run was asked to give.
struct FileLabeller {
  private let takesFolder: Bool
  private let takesSidecar: Bool
  /// By path; `nil` when the run takes none from a CSV file.
  private let csv: [PathKey: [Label]]?

  init(sources: [LabelSource]) throws {
    takesFolder = sources.contains(.folder)
    takesSidecar = sources.contains(.sidecar)
    var labels: [PathKey: [Label]]?
    for case .csv(let file) in sources {
      labels = (labels ?? [:]).merging(try LabelReader.csvLabels(contentsOf: file)) { $0 + $1 }
    }
    csv = labels
  }

  func folderLabels(of path: String) -> [Label] {
    takesFolder ? LabelReader.folderLabels(of: path) : []
  }

  /// Makes the labels that images have from text files and CSV those that are there now, changed images or not: a label
  /// goes when its text file or its row has gone.
  func apply(to paths: [String], writer: CollectionWriter) throws {
    guard takesSidecar || csv != nil else { return }
    for start in stride(from: 0, to: paths.count, by: 512) {
      let portion = paths[start..<min(start + 512, paths.count)]
      // Most runs change nothing here, and then need no write transaction; no other process writes in between.
      let changes = try writer.collection.read { db in try portion.flatMap { try self.changes(db, path: $0) } }
      guard !changes.isEmpty else { continue }
      try writer.write { db in
        for change in changes {
          try CollectionWriter.replaceLabels(db, imageID: change.imageID, source: change.source, with: change.labels)
        }
      }
    }
  }

  private struct Change {
    var imageID: Int64
    var source: Label.Source
    var labels: [Label]
  }

  private func changes(_ db: Database, path: String) throws -> [Change] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT image.id, label.source, label.name, label.confidence FROM image
          LEFT JOIN label ON label.image_id = image.id AND label.source IN ('sidecar', 'csv') WHERE image.path = ?
          """), arguments: [path])
    guard let imageID: Int64 = rows.first?["id"] else { return [] }
    var known: [Label.Source: [String: Double]] = [:]
    for row in rows {
      guard let source = (row["source"] as String?).flatMap(Label.Source.init(rawValue:)) else { continue }
      known[source, default: [:]][row["name"]] = row["confidence"]
    }
    var found: [Change] = []
    if takesSidecar, let labels = LabelReader.sidecarLabels(of: path) {
      found.append(Change(imageID: imageID, source: .sidecar, labels: labels))
    }
    if let csv { found.append(Change(imageID: imageID, source: .csv, labels: csv[PathKey(path)] ?? [])) }
    return found.filter { change in
      // Of labels that are named twice the last counts, as in SQLite.
      Dictionary(change.labels.map { ($0.name, $0.confidence) }) { $1 } != known[change.source] ?? [:]
    }
  }
}

extension LabelSource {
  /// Reads the CSV files among the sources, so that a mistake in one shows before anything is made.
  public static func check(_ sources: [LabelSource]) throws { _ = try FileLabeller(sources: sources) }
}

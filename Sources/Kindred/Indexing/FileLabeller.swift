import Foundation
import GRDB

/// Gives files the labels that an index run was asked to give.
struct FileLabeller {
  private let takesFolder: Bool
  private let takesSidecar: Bool
  private let csv: [String: [Label]]

  init(sources: [LabelSource]) throws {
    takesFolder = sources.contains(.folder)
    takesSidecar = sources.contains(.sidecar)
    var labels: [String: [Label]] = [:]
    for case .csv(let file) in sources {
      labels.merge(try LabelReader.csvLabels(contentsOf: file)) { $0 + $1 }
    }
    csv = labels
  }

  func folderLabels(of path: String) -> [Label] {
    takesFolder ? LabelReader.folderLabels(of: path) : []
  }

  /// Sets labels from text files and CSV on images that are in the collection, changed or not.
  func apply(to paths: [String], writer: CollectionWriter) throws {
    guard takesSidecar || !csv.isEmpty else { return }
    for start in stride(from: 0, to: paths.count, by: 512) {
      let portion = paths[start..<min(start + 512, paths.count)]
      var found: [(path: String, source: Label.Source, labels: [Label])] = []
      for path in portion {
        if takesSidecar, let labels = LabelReader.sidecarLabels(of: path) { found.append((path, .sidecar, labels)) }
        if let labels = csv[path] { found.append((path, .csv, labels)) }
      }
      guard !found.isEmpty else { continue }
      try writer.write { db in
        for item in found {
          guard let image = try CollectionWriter.imageRow(db, path: item.path) else { continue }
          try CollectionWriter.replaceLabels(db, imageID: image.id, source: item.source, with: item.labels)
        }
      }
    }
  }
}

import Foundation
import GRDB
import ResNet

/// Writes a collection's features for other programs.
public struct Exporter {
  /// File formats for features.
  public enum Format: String, Sendable, CaseIterable { case safetensors, npy }

  let collection: Collection
  public init(_ collection: Collection) { self.collection = collection }

  /// Writes `[images, featureDimension]` features to a file and a CSV of paths beside it, in the same order.
  /// - Parameters:
  ///   - file: the features' file; the CSV has its whole name and the ending `.csv`: `out.npy.csv`.
  ///   - format: how the features are written.
  ///   - normalized: L2-normalised vectors instead of the pooled features as the network gave them.
  /// - Returns: how many images were written.
  public func export(to file: String, format: Format, normalized: Bool) throws -> (images: Int, csv: String) {
    let moment = try collection.moment()
    let features = try collection.features(at: moment)
    let dimension = features.dimension
    let csvPath = file + ".csv"
    let csv = try OutputFile(path: csvPath)
    let writer = try FeatureWriter(path: file, format: format, rows: moment.imageCount, dimension: dimension)
    var count = 0
    try csv.write("row,id,path,sha256,width,height,format,captured,labels\n")
    try collection.forEachRecord { record in
      guard count < moment.imageCount else { return }
      var vector = features.row(record.featureRow)
      if !normalized {
        let norm = Float(record.featureNorm)
        for index in vector.indices { vector[index] *= norm }
      }
      try writer.append(vector)
      let fields = [
        String(count), String(record.id), record.path, record.sha256, String(record.width), String(record.height),
        record.format, record.captureDate ?? "", record.labels.map(\.name).joined(separator: ";"),
      ]
      try csv.write(CSV.row(fields) + "\n")
      count += 1
    }
    guard count == moment.imageCount else {
      throw KindredError(
        .busy, place: collection.directory, reason: "images left the collection during the export",
        remedy: "Run it again.")
    }
    try writer.finish()
    try csv.finish()
    return (count, csvPath)
  }
}

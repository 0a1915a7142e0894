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
    let dimension = try collection.imageModel.featureDimension
    let csvPath = file + ".csv"
    let csv = try OutputFile(path: csvPath)
    try csv.write("row,id,path,sha256,width,height,format,captured,labels\n")
    // The header says how many rows follow, so the file starts with the first of them.
    var started: FeatureWriter?
    var count = 0
    try collection.forEachRecordWithFeature { record, feature, total in
      let writer = try started ?? FeatureWriter(path: file, format: format, rows: total, dimension: dimension)
      started = writer
      try writer.append(normalized ? VectorMath.normalized(feature) : feature)
      let fields = [
        String(count), String(record.id), record.path, record.sha256, String(record.width), String(record.height),
        record.format, record.captureDate ?? "", record.labels.map(\.name).joined(separator: ";"),
      ]
      try csv.write(CSV.row(fields) + "\n")
      count += 1
    }
    let writer = try started ?? FeatureWriter(path: file, format: format, rows: 0, dimension: dimension)
    try writer.finish()
    try csv.finish()
    return (count, csvPath)
  }
}

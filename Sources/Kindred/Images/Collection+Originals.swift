import Foundation
import ImageDecoding

extension Collection {
  /// The bytes of an image's file, when they are still those that were indexed.
  ///
  /// ```swift
  /// let record = try collection.record(id: 7)
  /// let bytes = try collection.originalBytes(of: record)
  /// ```
  /// - Throws: ``KindredError/Code/goneFile`` where the file is gone, can't be read or has other bytes.
  public func originalBytes(of record: ImageRecord) throws -> [UInt8] {
    let path = uploads.present(record.path)
    let size = Int(clamping: record.byteCount)
    guard size >= 0,
      let bytes = try? ImageDecoder(options: DecodingOptions(maximumFileBytes: size)).read(contentsOf: path),
      bytes.count == size, ContentHash.hexString(ContentHash.sha256(bytes)) == record.sha256
    else {
      throw KindredError(
        .goneFile, place: (record.path as NSString).lastPathComponent,
        reason: "the file is gone, or has other bytes than when it was indexed", remedy: "Index its folder again.")
    }
    return bytes
  }
}

import Kindred

/// What Dria's protocol tells of a picture, in the place of the metadata that vectors have.
enum DriaMetadata {
  static func json(of record: ImageRecord, collection: String) -> JSONValue {
    var seen = Set<String>()
    let labels = record.labels.map(\.name).filter { seen.insert($0).inserted }
    return .object([
      ("name", .string(String(record.path.split(separator: "/").last ?? ""))),
      ("labels", .array(labels.map(JSONValue.string))), ("format", .string(record.format)),
      ("width", .int(Int64(record.width))), ("height", .int(Int64(record.height))),
      ("byte_count", .int(record.byteCount)), ("sha256", .string(record.sha256)),
      ("capture_date", .optional(record.captureDate)),
      ("thumbnail", .string("/v1/collections/\(collection)/images/\(record.id)/thumbnail?v=\(record.contentVersion)")),
    ])
  }
}

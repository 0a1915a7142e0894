import Foundation

/// What the store notes of a model, in `NAME.json` beside its file.
struct ModelRecord: Codable, Equatable {
  enum Origin: String, Codable { case fetched, imported }

  var version = 1
  var name: String
  /// The weight file's name in the store.
  var file: String
  var sha256: String
  var bytes: Int64
  /// The file's modification time when it was last hashed, nanoseconds since 1970.
  var modified: Int64
  /// `nil` for the one that the file itself asks for.
  var recipe: ModelRecipe?
  /// Where the file came from.
  var source: String
  var origin: Origin
  var date: Date
  var classifier: ClassifierKind?
  /// Numbers in a feature, where known.
  var featureDimension: Int?
}

extension ModelRecord {
  static func decode(_ data: Data) throws -> ModelRecord {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(ModelRecord.self, from: data)
  }

  func encode() throws -> Data {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}

import Foundation

/// A key as the file has it.
struct StoredKey: Sendable, Codable, Equatable {
  var key: AccessKey
  /// Of the secret's text, 64 hexadecimal digits.
  var sha256: String

  private enum CodingKeys: String, CodingKey { case sha256 }

  init(key: AccessKey, sha256: String) {
    self.key = key
    self.sha256 = sha256
  }

  init(from decoder: any Decoder) throws {
    key = try AccessKey(from: decoder)
    sha256 = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .sha256)
  }

  func encode(to encoder: any Encoder) throws {
    try key.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sha256, forKey: .sha256)
  }
}

/// The text of `keys.json`.
struct KeyFile: Codable {
  static let version = 1
  /// Bytes; some forty thousand keys.
  static let largest = 16 << 20

  var version = Self.version
  var keys: [StoredKey]

  static func bytes(_ keys: [StoredKey]) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(KeyFile(keys: keys))) + [10]
  }

  static func keys(_ bytes: [UInt8], path: String) throws -> [StoredKey] {
    func damaged(_ reason: String) -> KindredError {
      KindredError(
        .damagedFile, place: path, reason: "the access keys can't be read: \(reason)",
        remedy: "Mend the file, or put a copy back. Until then nobody is let in.")
    }
    struct Head: Codable { var version: Int }
    guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else {
      throw damaged("not the JSON that Kindred writes")
    }
    guard head.version == version else {
      throw damaged("version \(head.version); this program knows \(version)")
    }
    guard let file = try? JSONDecoder().decode(KeyFile.self, from: Data(bytes)) else {
      throw damaged("a key lacks something or has a role that is not known")
    }
    var seen = Set<String>()
    for stored in file.keys {
      guard KeySecret.isIdentifier(stored.key.id), seen.insert(stored.key.id).inserted,
        ContentHash.isHexDigest(stored.sha256), stored.key.collections.map({ !$0.isEmpty }) ?? true
      else { throw damaged("the key \(stored.key.id) is not as Kindred writes it, or is there twice") }
    }
    return file.keys
  }
}

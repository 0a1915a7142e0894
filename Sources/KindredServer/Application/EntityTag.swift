import Kindred

/// `ETag` and `If-None-Match`.
enum EntityTag {
  /// The tag of some bytes.
  static func of(_ bytes: [UInt8]) -> String {
    "\"" + ContentHash.hexString(ContentHash.sha256(bytes)).prefix(32) + "\""
  }

  /// Whether the caller has what the tag names already.
  static func matches(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { part in
      let known = part.trimmingPrefix { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return known.elementsEqual("*") || known.elementsEqual(tag) || known.elementsEqual("W/" + tag)
    }
  }
}

import Hummingbird

extension ServerContext {
  private func parameter(_ name: String) throws(ServerProblem) -> String {
    guard let raw = parameters.get(name), let text = PercentEncoding.decoded(raw, plusIsSpace: false) else {
      throw .invalid("The address is not well-formed UTF-8.")
    }
    return text
  }

  /// The collection's name or identifier.
  func collectionName() throws(ServerProblem) -> String {
    let text = try parameter("collection")
    guard CollectionName.isValid(text) else { throw .unknownCollection }
    return text
  }

  func imageIdentifier() throws(ServerProblem) -> Int64 {
    let text = try parameter("image")
    guard let number = QueryParameters.wholeNumber(text), (1...(1 << 53)).contains(number) else {
      throw .invalid("An image's identifier is a whole number from 1 to \(1 << 53).")
    }
    return Int64(number)
  }

  func jobIdentifier() throws(ServerProblem) -> String {
    let text = try parameter("job")
    guard (1...40).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
    else { throw .unknownJob }
    return text
  }
}

/// Names of collections: `^[A-Za-z0-9_-][A-Za-z0-9._-]*$`, up to 100 characters.
enum CollectionName {
  static func isValid(_ name: String) -> Bool {
    (1...100).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
      }
  }

  /// A name for a new collection.
  /// - Throws: 400 for what can't be one, 409 for names of the index folder's own files.
  static func check(_ name: String, field: String = "name") throws(ServerProblem) {
    guard isValid(name) else {
      throw .invalid("`\(field)` must have letters, digits, dash, underscore and dot, and not start with a dot.")
    }
    let folded = name.lowercased()
    if ["keys.json", "jobs.json"].contains(where: { folded.hasPrefix($0) }) {
      throw .conflict("This name belongs to a file of the index.", remedy: "Choose another name.")
    }
  }
}

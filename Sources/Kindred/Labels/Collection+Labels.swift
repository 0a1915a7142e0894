import Foundation
import GRDB

/// A label with how many images carry it.
public struct LabelCount: Sendable, Equatable, Codable {
  public var name: String
  /// Images that carry it, from any source.
  public var count: Int
  /// Of these, by a person's word: folder, CSV, text file or `label add`.
  public var given: Int
  /// Whether it is a broader term of WordNet's, and its images carry it or a class below it; `nil` for a label.
  public var isBroader: Bool?
}

extension Collection {
  /// Every label, most frequent first.
  /// - Parameters:
  ///   - prefix: only labels that start so, whatever the case of their letters.
  ///   - limit: how many at most; all when `nil`.
  public func labels(prefix: String = "", limit: Int? = nil) throws -> [LabelCount] {
    let all = try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT name, count(DISTINCT image_id) AS count,
            count(DISTINCT CASE WHEN source <> 'predicted' THEN image_id END) AS given
          FROM label GROUP BY name ORDER BY count DESC, name LIMIT ?
          """, arguments: [prefix.isEmpty ? limit ?? -1 : -1]
      ).map { LabelCount(name: $0["name"], count: $0["count"], given: $0["given"]) }
    }
    guard !prefix.isEmpty else { return all }
    let start = Spelling.folded(prefix)
    let fitting = all.filter { Spelling.folded($0.name).hasPrefix(start) }
    return limit.map { Array(fitting.prefix($0)) } ?? fitting
  }

  /// Every spelling of a label in the collection that is the same but for case: the text's own first, then by name.
  static func spellings(of text: String, _ db: Database) throws -> [String] {
    let wanted = Spelling.folded(text)
    let names = try String.fetchAll(
      db, sql: "SELECT DISTINCT name FROM label ORDER BY name = ? DESC, name", arguments: [text])
    return names.filter { Spelling.folded($0) == wanted }
  }

  /// The label as the collection spells it: exactly, else without regard to case.
  /// - Throws: ``KindredError/Code/unknownLabel`` with the nearest known labels.
  public func resolveLabel(_ text: String) throws -> String {
    if let name = try read({ try Self.spellings(of: text, $0).first }) { return name }
    throw try unknownLabel(text)
  }

  /// - Parameter broaderTerms: names that are known besides labels.
  func unknownLabel(_ text: String, broaderTerms: [String] = []) throws -> KindredError {
    let known = try labels()
    let nearest = Spelling.nearest(to: text, among: known.map(\.name) + broaderTerms, limit: 5)
    let remedy: String
    if known.isEmpty {
      remedy = "This collection has no labels. Give some with `kindred label add` or `kindred index --labels`."
    } else if nearest.isEmpty {
      remedy = "`kindred label list` prints the \(known.count) known labels."
    } else {
      remedy = "Nearest known: \(nearest.joined(separator: ", ")). `kindred label list` prints all."
    }
    return KindredError(.unknownLabel, place: text, reason: "no image carries this label", remedy: remedy)
  }

  /// The identifiers of images given by path.
  /// - Throws: ``KindredError/Code/unknownImage`` for a path that is not in the collection.
  public func imageIDs(paths: [String]) throws -> [Int64] {
    try read { db in
      try paths.map { path in
        let absolute = (path as NSString).isAbsolutePath ? path : FileManager.default.currentDirectoryPath + "/" + path
        // A link may be an image of its own, beside the one that it leads to.
        let candidates = [
          ResolvedPath.keepingTheFile(absolute), ResolvedPath.following(absolute),
          (absolute as NSString).standardizingPath,
        ].compactMap { $0 }
        for candidate in candidates {
          if let id = try Int64.fetchOne(db, sql: "SELECT id FROM image WHERE path = ?", arguments: [candidate]) {
            return id
          }
        }
        throw KindredError(
          .unknownImage, place: path, reason: "this file is not in the collection",
          remedy: "Index its folder first, or give --id.")
      }
    }
  }
}

extension CollectionWriter {
  /// Gives images a label.
  /// - Returns: how many did not carry it from this source before.
  public func addLabel(_ name: String, to imageIDs: [Int64], source: Label.Source = .manual) throws -> Int {
    guard let name = LabelReader.cleaned(name) else {
      throw KindredError(.invalidArgument, reason: "a label can't be empty")
    }
    return try write { db in
      var added = 0
      for id in imageIDs {
        guard try Int64.fetchOne(db, sql: "SELECT id FROM image WHERE id = ?", arguments: [id]) != nil else {
          throw Collection.unknown(id: id)
        }
        try db.execute(
          sql: "INSERT OR IGNORE INTO label (image_id, name, source, confidence) VALUES (?, ?, ?, 1)",
          arguments: [id, name, source.rawValue])
        added += db.changesCount
      }
      try LabelRejections.remove(name, from: imageIDs, db)
      return added
    }
  }

  /// Takes a label from images, or from all; whatever its source.
  /// - Returns: how many images carried it.
  public func removeLabel(_ name: String, from imageIDs: [Int64]?) throws -> Int {
    let name = try collection.resolveLabel(name)
    return try write { db in
      let carriers = try Int64.fetchAll(
        db, sql: "SELECT DISTINCT image_id FROM label WHERE name = ?", arguments: [name])
      let chosen = imageIDs.map { ids in carriers.filter(Set(ids).contains) } ?? carriers
      for id in chosen {
        try db.execute(sql: "DELETE FROM label WHERE image_id = ? AND name = ?", arguments: [id, name])
      }
      return chosen.count
    }
  }

  /// Gives a label another name; where that name is in use already, the two become one.
  /// - Returns: how many images carried it.
  public func renameLabel(_ name: String, to newName: String) throws -> Int {
    let name = try collection.resolveLabel(name)
    guard let newName = LabelReader.cleaned(newName) else {
      throw KindredError(.invalidArgument, reason: "a label can't be empty")
    }
    return try write { db in
      let count =
        try Int.fetchOne(
          db, sql: "SELECT count(DISTINCT image_id) FROM label WHERE name = ?", arguments: [name]) ?? 0
      if name != newName {
        try db.execute(
          sql: """
            INSERT OR IGNORE INTO label (image_id, name, source, confidence)
            SELECT image_id, ?, source, confidence FROM label WHERE name = ?
            """, arguments: [newName, name])
        try db.execute(sql: "DELETE FROM label WHERE name = ?", arguments: [name])
        try LabelRejections.rename(name, to: newName, db)
      }
      return count
    }
  }
}

extension Collection {
  /// The identifiers of images that a filter lets through; of all when the filter is empty.
  public func imageIDs(matching filter: SearchFilter) throws -> [Int64] {
    try read { db in
      if let allowed = try filter.allowed(db) { return allowed.images.sorted() }
      return try Int64.fetchAll(db, sql: "SELECT id FROM image ORDER BY id")
    }
  }
}

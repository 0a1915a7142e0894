import Foundation
import GRDB
import ResNet

/// What a label's name stands for in a collection: the label itself, and where the name is a broader term of WordNet's,
/// the classes below it that the network has seen.
struct LabelMeaning: Equatable {
  /// As the collection spells it, else WordNet's usual word.
  var name: String
  /// Labels of this name, in every spelling that the collection has; empty for a term that no image carries as such.
  var spellings: [String]
  /// Names of classes below the term. They count where the network predicted them; a person who wrote `crane` may
  /// have meant the other one.
  var predicted: [String]

  /// The condition that a row of the table `label` carries it.
  var condition: (sql: String, arguments: StatementArguments) {
    func places(_ names: [String]) -> String { Array(repeating: "?", count: names.count).joined(separator: ", ") }
    let sql = """
      (label.name IN (\(places(spellings)))
        OR (label.source = 'predicted' AND label.name IN (\(places(predicted)))))
      """
    return (sql, StatementArguments(spellings) + StatementArguments(predicted))
  }

  /// - Returns: `nil` for a name that no image carries, nor a class below it.
  init?(_ text: String, _ db: Database) throws {
    spellings = try Collection.spellings(of: text, db)
    let terms = BroaderTerms.terms(folded: Spelling.folded(text))
    let classes = Set(terms.flatMap(\.classes).map { ImageNetClasses.all[$0].name })
    predicted = classes.isEmpty ? [] : try Collection.predictedNames(db).filter(classes.contains)
    if let spelling = spellings.first {
      name = spelling
      return
    }
    guard !predicted.isEmpty else { return nil }
    // A word of several synsets is the only name that is true of all of them.
    let usual = Set(terms.map { $0.words[0] })
    let written = terms[0].words.first { Spelling.folded($0) == Spelling.folded(text) }
    name = usual.count == 1 ? terms[0].words[0] : written ?? text
  }
}

extension Collection {
  /// Names of classes that the network predicted for any image, sorted.
  static func predictedNames(_ db: Database) throws -> [String] {
    try String.fetchAll(db, sql: "SELECT DISTINCT name FROM label WHERE source = 'predicted' ORDER BY name")
  }

  /// What a label's name means here, also where it is a broader term.
  /// - Throws: ``KindredError/Code/unknownLabel`` with the nearest known labels.
  func meaning(of text: String) throws -> LabelMeaning {
    if let meaning = try read({ try LabelMeaning(text, $0) }) { return meaning }
    throw try unknownLabel(text, broaderTerms: broaderTermNames())
  }

  /// The usual words of terms that are broader than a class which the network predicted here, by how many such classes
  /// they have, most first.
  func broaderTermNames() throws -> [String] {
    let seen = try read { Set(try Self.predictedNames($0)) }
    guard !seen.isEmpty else { return [] }
    return BroaderTerms.all.filter { !$0.isClass }
      .map { term in (term, term.classes.count { seen.contains(ImageNetClasses.all[$0].name) }) }
      .filter { $0.1 > 0 }
      .sorted { ($0.1, $1.0.words[0]) > ($1.1, $0.0.words[0]) }
      .map { $0.0.words[0] }
  }
}

extension Collection {
  /// WordNet's terms that are broader than classes which the network predicted, and that no image carries as a label;
  /// those of most images first. A search for one finds the images of its classes.
  /// - Parameters:
  ///   - prefix: only terms that start so, whatever the case of their letters.
  ///   - limit: how many at most; all when `nil`.
  public func broaderLabels(prefix: String = "", limit: Int? = nil) throws -> [LabelCount] {
    let start = Spelling.folded(prefix)
    return try read { db in
      let known = Set(try String.fetchAll(db, sql: "SELECT DISTINCT name FROM label").map(Spelling.folded))
      var terms: [(name: String, classes: Set<String>)] = []
      for term in BroaderTerms.all where !term.isClass {
        // All words find it; the usual one is listed.
        let name = term.words[0]
        let folded = Spelling.folded(name)
        guard !known.contains(folded), folded.hasPrefix(start) else { continue }
        let classes = Set(term.classes.map { ImageNetClasses.all[$0].name })
        if let same = terms.firstIndex(where: { $0.name == name }) {
          terms[same].classes.formUnion(classes)
        } else {
          terms.append((name, classes))
        }
      }
      var termsOfClass: [String: [Int]] = [:]
      for (place, term) in terms.enumerated() {
        for name in term.classes { termsOfClass[name, default: []].append(place) }
      }
      var counts = [Int](repeating: 0, count: terms.count)
      var last = [Int64](repeating: -1, count: terms.count)
      let cursor = try Row.fetchCursor(
        db, sql: "SELECT image_id, name FROM label WHERE source = 'predicted' ORDER BY image_id")
      while let row = try cursor.next() {
        let image: Int64 = row["image_id"]
        for place in termsOfClass[row["name"], default: []] where last[place] != image {
          last[place] = image
          counts[place] += 1
        }
      }
      let found = terms.indices.filter { counts[$0] > 0 }
        .map { LabelCount(name: terms[$0].name, count: counts[$0], given: 0, isBroader: true) }
        .sorted { ($0.count, $1.name) > ($1.count, $0.name) }
      return limit.map { Array(found.prefix($0)) } ?? found
    }
  }
}

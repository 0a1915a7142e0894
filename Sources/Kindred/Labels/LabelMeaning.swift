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

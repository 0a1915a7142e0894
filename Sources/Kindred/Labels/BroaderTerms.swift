import ResNet

/// WordNet's nouns that ImageNet's classes lie under: `dog` for every breed, `musical instrument` for a banjo.
///
/// A term is one synset; all of its words mean it, whatever their case. Classes are terms too, by all of their words:
/// `coach dog` is a dalmatian. One word may be of several synsets, `instrument` of two; it means all of them.
enum BroaderTerms {
  /// One synset.
  struct Term: Sendable, Equatable {
    /// All its words; the first is the usual one.
    var words: [String]
    /// The outputs of a classifier that lie under it, ascending.
    var classes: [Int]
    /// Whether it is a class itself, and not broader than one.
    var isClass: Bool
  }

  /// Terms of more classes say nothing of a picture: `entity`, `physical entity`, `object` and `whole`.
  private static let mostClasses = 600

  /// Every term, those that are classes last and in the order of the outputs.
  static let all: [Term] = {
    let broader = entries(termData)
    let classes = entries(classData)
    var below = [Set<Int>](repeating: [], count: broader.count)
    for (index, entry) in classes.enumerated() {
      var waiting = entry.above
      while let term = waiting.popLast() {
        if below[term].insert(index).inserted { waiting += broader[term].above }
      }
    }
    let usable = zip(broader, below).filter { $1.count <= mostClasses }.map {
      Term(words: $0.words, classes: $1.sorted(), isClass: false)
    }
    let own = classes.enumerated().map { index, entry in
      Term(words: [ImageNetClasses.all[index].name] + entry.words, classes: [index], isClass: true)
    }
    return usable + own
  }()

  /// The terms that a word is of, broader ones first; the word as ``Spelling/folded(_:)`` gives it.
  static func terms(folded word: String) -> [Term] {
    placesByWord[word, default: []].map { all[$0] }
  }

  private static let placesByWord: [String: [Int]] = {
    var places: [String: [Int]] = [:]
    for (place, term) in all.enumerated() {
      for word in Set(term.words.map(Spelling.folded)) { places[word, default: []].append(place) }
    }
    return places
  }()

  private static func entries(_ data: String) -> [(words: [String], above: [Int])] {
    data.split { $0 == ";" || $0 == "\n" }.map { entry in
      let parts = entry.split(separator: ">", omittingEmptySubsequences: false)
      return (
        parts[0].split(separator: "|").map(String.init), parts.last?.split(separator: ",").compactMap { Int($0) } ?? []
      )
    }
  }
}

import GRDB

extension Collection {
  /// The label, or the broader term of labels, that a text of any words most likely means: one of the same letters but
  /// for case; else one that has all the text's words, or whose words are all in the text; else the one of the nearest
  /// spelling, as a whole or word by word. Labels go before broader terms.
  /// - Returns: `nil` when nothing is near.
  public func matchLabel(_ text: String) throws -> String? {
    let text = String(text.prefix(LabelMatcher.longestText))
    if let meaning = try read({ try LabelMeaning(text, $0) }) { return meaning.name }
    let matcher = LabelMatcher(
      labels: try labels(limit: LabelMatcher.mostCompared).map(\.name), broaderTerms: try broaderTermNames().reversed())
    return matcher.match(text)
  }
}

/// Finds the label that a text means.
struct LabelMatcher {
  /// Labels that are compared word by word and letter by letter; the most frequent ones.
  static let mostCompared = 20_000
  static let longestText = 200
  private static let smallWords: Set<String> = ["a", "an", "and", "at", "in", "of", "on", "or", "the", "to", "with"]

  private typealias Known = [(name: String, words: [String])]
  private let labels: Known
  private let broaderTerms: Known

  /// - Parameters:
  ///   - labels: most frequent first, so that of equals the most frequent one is taken.
  ///   - broaderTerms: the narrowest first, so that of equals the one that says most is taken.
  init(labels: [String], broaderTerms: [String] = []) {
    self.labels = labels.map { ($0, Self.words($0)) }
    self.broaderTerms = broaderTerms.map { ($0, Self.words($0)) }
  }

  func match(_ text: String) -> String? {
    let wanted = Self.words(text)
    guard !wanted.isEmpty else { return nil }
    if let match = match(words: wanted) { return match }
    let all = labels + broaderTerms
    if let match = Self.nearest(to: text, among: all.map(\.name)) { return match }
    let known = Set(all.flatMap(\.words))
    let sorted = known.sorted()
    let corrected = wanted.map { word in
      known.contains(word) || word.count < 4 ? word : Self.nearest(to: word, among: sorted) ?? word
    }
    return corrected == wanted ? nil : match(words: corrected)
  }

  private func match(words: [String]) -> String? {
    Self.match(words: words, among: labels) ?? Self.match(words: words, among: broaderTerms)
  }

  private static func match(words: [String], among labels: Known) -> String? {
    let wanted = Set(words)
    // "piano" means "grand piano"; the fewest words beside it, the better.
    if let larger = labels.filter({ wanted.isSubset(of: $0.words) }).min(by: { $0.words.count < $1.words.count }) {
      return larger.name
    }
    // "a dalmatian on a beach" means "dalmatian"; the more of its words, the better.
    var best: (name: String, count: Int)?
    for label in labels where wanted.isSuperset(of: label.words) && label.words.count > best?.count ?? 0 {
      if label.words.contains(where: { !smallWords.contains($0) }) { best = (label.name, label.words.count) }
    }
    return best?.name
  }

  /// Words of letters and digits, without regard to case: two of `grand_piano`.
  private static func words(_ text: String) -> [String] {
    Spelling.folded(text).split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private static func nearest(to text: String, among known: [String]) -> String? {
    let length = text.count
    // Others can't be near enough; comparing letters takes much longer than counting them.
    let near = known.filter { abs($0.count - length) <= max(2, length / 3) }
    return Spelling.nearest(to: text, among: near, limit: 1).first
  }
}

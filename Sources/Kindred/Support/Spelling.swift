import Foundation

/// Finds words that a person may have meant.
public enum Spelling {
  /// A text without regard to case and to how its accents are put together: equal for `Étoile` and `étoile`.
  static func folded(_ text: String) -> String {
    // Swift compares strings by canonical equivalence; the composed form makes their hashes and scalars agree too.
    text.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping
  }

  /// The known words nearest to `text`, best first; none that have little in common with it.
  public static func nearest(to text: String, among known: [String], limit: Int) -> [String] {
    let wanted = Array(text.lowercased())
    return known.compactMap { word -> (word: String, distance: Int)? in
      let candidate = Array(word.lowercased())
      let contains = wanted.count >= 3 && word.lowercased().contains(text.lowercased())
      let distance = contains ? 1 : editDistance(wanted, candidate)
      return distance <= max(2, wanted.count / 3) ? (word, distance) : nil
    }
    .sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }
    .prefix(limit).map(\.word)
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (the restricted
  /// Damerau–Levenshtein distance).
  static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in 0..<first.count {
      var current = [row + 1]
      for column in 0..<second.count {
        let substitution = last[column] + (first[row] == second[column] ? 0 : 1)
        var best = min(substitution, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[second.count]
  }
}

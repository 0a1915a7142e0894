import Foundation

/// Finds words that a person may have meant.
public enum Spelling {
  /// A text without regard to case and to how its accents are put together: equal for `Étoile` and `étoile`.
  static func folded(_ text: String) -> String {
    // Swift compares strings by canonical equivalence; the composed form makes their hashes and scalars agree too.
    text.precomposedStringWithCanonicalMapping.lowercased().precomposedStringWithCanonicalMapping
  }

  /// A third of a word's letters may differ, but at least two, and no more than this many: long texts that differ in more
  /// are not misspelt but others.
  private static let mostEdits = 8

  /// The known words nearest to `text`, best first; none that have little in common with it.
  public static func nearest(to text: String, among known: [String], limit: Int) -> [String] {
    let wanted = Array(text.lowercased().unicodeScalars)
    let most = max(2, min(wanted.count / 3, mostEdits))
    return known.compactMap { word -> (word: String, distance: Int)? in
      let lowercased = word.lowercased()
      if wanted.count >= 3, lowercased.contains(text.lowercased()) { return (word, 1) }
      let candidate = Array(lowercased.unicodeScalars)
      return editDistance(wanted, candidate, most: most).map { (word, $0) }
    }
    .sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }
    .prefix(limit).map(\.word)
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (the restricted
  /// Damerau–Levenshtein distance).
  /// - Parameter most: how many are of interest. Only cells of the table so near to its diagonal are computed.
  /// - Returns: `nil` for more.
  static func editDistance<Letter: Equatable>(_ first: [Letter], _ second: [Letter], most: Int) -> Int? {
    guard abs(first.count - second.count) <= most else { return nil }
    let far = most + 1
    var beforeLast: [Int] = []
    var last = (0...second.count).map { min($0, far) }
    var current = [Int](repeating: far, count: second.count + 1)
    for row in 0..<first.count {
      let columns = max(0, row - most)..<min(second.count, row + most + 1)
      current[columns.lowerBound] = columns.lowerBound == 0 ? min(row + 1, far) : far
      var nearest = current[columns.lowerBound]
      for column in columns {
        let substitution = last[column] + (first[row] == second[column] ? 0 : 1)
        var best = min(substitution, last[column + 1] + 1, current[column] + 1, far)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current[column + 1] = best
        nearest = min(nearest, best)
      }
      guard nearest <= most else { return nil }
      // Right of the band the next row reads what was never near.
      if columns.upperBound < second.count { current[columns.upperBound + 1] = far }
      (beforeLast, last, current) = (last, current, beforeLast.isEmpty ? current : beforeLast)
    }
    return last[second.count] <= most ? last[second.count] : nil
  }
}

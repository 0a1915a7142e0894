/// Guesses what a mistyped name was meant to be.
enum Spelling {
  /// The name with the fewest single-letter changes, if they are few for its length.
  static func nearest(to text: String, among names: [String]) -> String? {
    guard text.utf8.count <= 64 else { return nil }
    let best = names.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
      .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(1, best.name.utf8.count / 3) else { return nil }
    return best.name
  }

  /// Levenshtein's distance between two texts, in bytes inserted, deleted and replaced.
  static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second.utf8)
    var row = Array(0...second.count)
    for (i, a) in first.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in second.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}

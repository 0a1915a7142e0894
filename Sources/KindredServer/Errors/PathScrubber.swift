import Kindred

/// Keeps paths of this machine out of answers.
enum PathScrubber {
  /// A reason as a sentence; `nil` where it names a path.
  static func sentence(_ reason: String) -> String? {
    guard !namesPath(reason) else { return nil }
    let text = reason.capitalizedFirst
    return text.last.map { ".!?".contains($0) } == true ? text : text + "."
  }

  /// Whether a text holds what may be an absolute path: a slash at a word's begin, or one after `~`.
  static func namesPath(_ text: String) -> Bool {
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      if scalar == "/", !(previous.properties.isAlphabetic || ("0"..."9").contains(previous)) { return true }
      previous = scalar
    }
    return false
  }
}

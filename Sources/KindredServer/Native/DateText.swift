import Kindred

/// Times in filters: `2024`, `2024-05`, `2024-05-31`, `2024-05-31T12:00` or `2024-05-31T12:00:00`.
enum DateText {
  /// The time in the form that filters compare.
  /// - Throws: 400 for other texts.
  static func time(_ text: String, name: String) throws(ServerProblem) -> String {
    let shapes = ["0000", "0000-00", "0000-00-00", "0000-00-00T00:00", "0000-00-00T00:00:00"]
    let shape = String(text.map { ("0"..."9").contains($0) ? "0" : $0 })
    guard shapes.contains(shape), !text.hasSuffix(":60") else { throw fault(name) }
    // The engine's years begin with 1; nothing is older than that.
    let isYearZero = text.hasPrefix("0000")
    guard let time = try? SearchFilter.date(isYearZero ? "2000" + text.dropFirst(4) : text) else { throw fault(name) }
    return isYearZero ? "0000" + time.dropFirst(4) : time
  }

  private static func fault(_ name: String) -> ServerProblem {
    .invalid("`\(name)` must be a date or time.", remedy: "Write 2024, 2024-05, 2024-05-31 or 2024-05-31T12:00:00.")
  }
}

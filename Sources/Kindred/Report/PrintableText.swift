/// Text from file names, labels and collections on its way to a terminal.
public enum PrintableText {
  /// The text with U+FFFD for what would change how a terminal shows other text: control characters, line and paragraph
  /// separators, and the embeddings, overrides and isolates of bidirectional text.
  /// - Parameters:
  ///   - text: of any origin.
  ///   - keepsLines: leaves line feeds alone.
  public static func printable(_ text: String, keepsLines: Bool = false) -> String {
    guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { isHarmless($0) || (keepsLines && $0 == "\n") ? $0 : "\u{FFFD}" }))
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x202A...0x202E, 0x2066...0x2069: false
    default:
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
  }
}

extension KindredError {
  /// The same error for a terminal: one line of what is wrong, one of what to do.
  public var printable: KindredError {
    KindredError(
      code, place: place.map { PrintableText.printable($0) }, reason: PrintableText.printable(reason),
      remedy: remedy.map { PrintableText.printable($0, keepsLines: true) })
  }
}

/// Comma-separated values as RFC 4180 has them.
public enum CSV {
  /// The rows of a text with the numbers of the lines they start on.
  static func rows(_ text: String, name: String) throws -> [(line: Int, fields: [String])] {
    var rows: [(line: Int, fields: [String])] = []
    var fields: [String] = []
    var field = String.UnicodeScalarView()
    var line = 1
    var start = 1
    var isQuoted = false
    var scalars = text.unicodeScalars.makeIterator()
    var pushedBack: Unicode.Scalar?

    func endOfRow() {
      fields.append(String(field))
      field = String.UnicodeScalarView()
      if fields != [""] { rows.append((start, fields)) }
      fields = []
    }

    while let scalar = pushedBack ?? scalars.next() {
      pushedBack = nil
      if scalar == "\n" { line += 1 }
      if isQuoted {
        guard scalar == "\"" else {
          field.append(scalar)
          continue
        }
        let next = scalars.next()
        if next == "\"" {
          field.append("\"")
        } else {
          isQuoted = false
          pushedBack = next
        }
        continue
      }
      switch scalar {
      case "\"" where field.isEmpty: isQuoted = true
      case ",":
        fields.append(String(field))
        field = String.UnicodeScalarView()
      case "\r": continue
      case "\n":
        endOfRow()
        start = line
      case "\u{FEFF}" where line == 1 && fields.isEmpty && field.isEmpty: continue
      default: field.append(scalar)
      }
    }
    guard !isQuoted else {
      throw KindredError(.unreadableFile, place: "\(name):\(start)", reason: "a quoted field is not closed")
    }
    endOfRow()
    return rows
  }

  /// One row, quoted where it must be, without the line's end.
  public static func row(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: ",")
  }

  /// By scalars: a combining mark makes another `Character` of the comma before it, and CR LF are one.
  private static func quoted(_ field: String) -> String {
    let special: Set<Unicode.Scalar> = [",", "\"", "\n", "\r"]
    // Where a text starts with it, it would be taken for the mark of the text's encoding.
    guard field.unicodeScalars.contains(where: special.contains) || field.unicodeScalars.first == "\u{FEFF}" else {
      return field
    }
    var quoted: String.UnicodeScalarView = "\"".unicodeScalars
    for scalar in field.unicodeScalars {
      if scalar == "\"" { quoted.append(scalar) }
      quoted.append(scalar)
    }
    quoted.append("\"")
    return String(quoted)
  }
}

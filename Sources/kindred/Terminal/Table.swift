/// Columns of text, aligned; fields are made printable.
struct Table {
  enum Alignment { case left, right }
  private let alignments: [Alignment]
  private var rows: [[String]] = []
  private let header: [String]

  init(_ columns: [(title: String, alignment: Alignment)]) {
    header = columns.map { Terminal.printable($0.title) }
    alignments = columns.map(\.alignment)
  }

  mutating func add(_ fields: [String]) { rows.append(fields.map { Terminal.printable($0) }) }

  /// Lines without trailing spaces.
  var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { Self.width($0[column]) }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, field) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - Self.width(field))
        if column > 0 { line += "  " }
        line += alignments[column] == .left ? field + padding : padding + field
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Columns on a terminal; East Asian wide characters take two.
  private static func width(_ text: String) -> Int {
    text.reduce(0) { width, character in
      guard let scalar = character.unicodeScalars.first?.value else { return width }
      let isWide =
        (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar) || (0xAC00...0xD7A3).contains(scalar)
        || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar)
        || (0xFF00...0xFF60).contains(scalar)
        || (0x1F300...0x1FAFF).contains(scalar)
      return width + (isWide ? 2 : 1)
    }
  }
}

extension NetworkDescription {
  /// The table for people: aligned columns, one line a stage, totals below.
  public var text: String {
    var rows = [["stage", "output", "blocks", "parameters", "multiply-adds"]]
    for stage in stages {
      rows.append([
        stage.name, "\(stage.outputHeight)×\(stage.outputWidth)×\(stage.outputChannels)",
        stage.blocks.joined(separator: ", "), Self.grouped(stage.parameters), Self.grouped(stage.multiplyAdds),
      ])
    }
    rows.append(["total", "", "", Self.grouped(parameters), Self.grouped(multiplyAdds)])

    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column < 3 ? cell + space : space + cell
      }
      return cells.joined(separator: "  ")
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    let title = """
      \(name): \(layers) layers, input \(inputHeight)×\(inputWidth), \(featureDimension) features
      shortcuts: \(shortcut)
      """
    return ([title, "", lines[0], rule] + lines.dropFirst().dropLast() + [rule, lines[lines.count - 1]])
      .joined(separator: "\n")
  }

  /// `25,557,032`.
  private static func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }
}

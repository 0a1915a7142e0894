import ImageDecoding
import Kindred

extension SearchFilter {
  /// Reads `filter_label`, `filter_path`, `filter_after`, `filter_before` and `filter_format`.
  init(_ query: QueryParameters, seenBy visibility: PathVisibility? = nil) throws(ServerProblem) {
    self.init()
    self.visibility = visibility
    label = try query.text("filter_label", 1...200)
    if let label { try LabelName.check(label, field: "filter_label") }
    path = try query.text("filter_path", 1...1000)
    after = try Self.time(query.text("filter_after", 4...19), "filter_after")
    before = try Self.time(query.text("filter_before", 4...19), "filter_before")
    format = try query.choice("filter_format", ImageFormat.allCases.map(\.rawValue)).flatMap(ImageFormat.init)
  }

  /// Reads the object `filter` of a search.
  init(_ value: JSONValue) throws(ServerProblem) {
    self.init()
    let fields = try JSONFields(value, place: "filter", known: ["label", "path", "after", "before", "format"])
    label = try fields.string("label", 1...200)
    if let label { try LabelName.check(label, field: "filter.label") }
    path = try fields.string("path", 1...1000)
    after = try Self.time(fields.string("after", 4...19), "filter.after")
    before = try Self.time(fields.string("before", 4...19), "filter.before")
    format = try fields.choice("format", ImageFormat.allCases.map(\.rawValue)).flatMap(ImageFormat.init)
  }

  private static func time(_ text: String?, _ name: String) throws(ServerProblem) -> String? {
    guard let text else { return nil }
    return try DateText.time(text, name: name)
  }
}

/// Labels: 1 to 200 characters, not only spaces and control characters.
enum LabelName {
  static func check(_ label: String, field: String) throws(ServerProblem) {
    guard label.unicodeScalars.contains(where: { !isSpace($0) }) else {
      throw .invalid("`\(field)` must not be only spaces and control characters.")
    }
  }

  /// What the engine does not keep of a label.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
      || [0x200B, 0xFEFF].contains(scalar.value)
  }

  /// Reads a list of labels.
  static func labels(_ fields: JSONFields, _ field: String) throws(ServerProblem) -> [String] {
    var labels: [String] = []
    for value in try fields.array(field, 0...64) ?? [] {
      guard case .string(let label) = value else { throw .invalid("`\(fields.name(field))` must be a list of texts.") }
      try JSONFields.check(label, 1...200, name: fields.name(field))
      try check(label, field: fields.name(field))
      labels.append(label)
    }
    return labels
  }
}

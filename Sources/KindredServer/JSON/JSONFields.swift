/// Reads an object's fields strictly: unknown ones, wrong types and values out of bounds are named.
public struct JSONFields {
  /// Where the object is in the body; empty for the whole.
  let place: String
  private let fields: [String: JSONValue]

  /// - Throws: ``ServerProblem`` unless the value is an object of known fields.
  public init(_ value: JSONValue, place: String = "", known: Set<String>) throws(ServerProblem) {
    self.place = place
    let what = place.isEmpty ? "The body" : "`\(place)`"
    guard case .object(let pairs) = value else { throw .invalid("\(what) must be an object, not \(value.kind).") }
    fields = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    let unknown = fields.keys.filter { !known.contains($0) }.sorted()
    guard unknown.isEmpty else {
      let names = unknown.prefix(5).map { "`\(name($0.prefix(60)))`" }.joined(separator: ", ")
      throw .invalid(
        "\(what) has no field \(names).", remedy: "The fields are \(known.sorted().joined(separator: ", ")).")
    }
  }

  /// Whether the field is there.
  public func has(_ field: String) -> Bool { fields[field] != nil }
  public var isEmpty: Bool { fields.isEmpty }
  public subscript(_ field: String) -> JSONValue? { fields[field] }

  /// How a field is called in an error.
  public func name(_ field: some StringProtocol) -> String { place.isEmpty ? String(field) : "\(place).\(field)" }

  private func wrong(_ field: String, _ expected: String) -> ServerProblem {
    .invalid("`\(name(field))` must be \(expected), not \(fields[field]?.kind ?? "nothing").")
  }

  private func outOfBounds(_ field: String, _ expected: String) -> ServerProblem {
    .invalid("`\(name(field))` must be \(expected).")
  }

  /// A text of so many characters (code points).
  public func string(_ field: String, _ length: ClosedRange<Int>) throws(ServerProblem) -> String? {
    guard let value = fields[field] else { return nil }
    guard case .string(let text) = value else { throw wrong(field, "a text") }
    try Self.check(text, length, name: name(field))
    return text
  }

  /// - Throws: unless the text has so many characters (code points).
  static func check(_ text: String, _ length: ClosedRange<Int>, name: String) throws(ServerProblem) {
    // Bytes are quick to count, and no fewer than code points.
    if text.utf8.count <= length.upperBound, text.utf8.count >= 4 * length.lowerBound { return }
    guard length.contains(text.unicodeScalars.count) else {
      throw .invalid("`\(name)` must have \(length.lowerBound) to \(length.upperBound) characters.")
    }
  }

  public func int(_ field: String, _ range: ClosedRange<Int>) throws(ServerProblem) -> Int? {
    guard let value = fields[field] else { return nil }
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    let number: Int
    switch value {
    case .int(let value): number = Int(value)
    // 2.0 is a whole number too.
    case .double(let value):
      guard let exact = Int(exactly: value) else { throw outOfBounds(field, expected) }
      number = exact
    default: throw wrong(field, expected)
    }
    guard range.contains(number) else { throw outOfBounds(field, expected) }
    return number
  }

  public func number(_ field: String, _ range: ClosedRange<Double>) throws(ServerProblem) -> Double? {
    guard let value = fields[field] else { return nil }
    let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
    guard let number = Self.number(value) else { throw wrong(field, expected) }
    guard range.contains(number) else { throw outOfBounds(field, expected) }
    return number
  }

  public func bool(_ field: String) throws(ServerProblem) -> Bool? {
    guard let value = fields[field] else { return nil }
    guard case .bool(let flag) = value else { throw wrong(field, "true or false") }
    return flag
  }

  /// A list of so many values.
  public func array(_ field: String, _ count: ClosedRange<Int>) throws(ServerProblem) -> [JSONValue]? {
    guard let value = fields[field] else { return nil }
    guard let length = value.listLength else { throw wrong(field, "a list") }
    guard count.contains(length) else {
      throw outOfBounds(field, "a list of \(count.lowerBound) to \(count.upperBound) values")
    }
    switch value {
    case .array(let values): return values
    case .numbers(let values, let areWhole): return values.map { areWhole ? .int(Int64($0)) : .double($0) }
    default: return nil
    }
  }

  /// A list of numbers in single precision; those that it can't hold are infinite, which no vector may be.
  public func vector(_ field: String, _ count: ClosedRange<Int>) throws(ServerProblem) -> [Float]? {
    if case .numbers(let values, _) = fields[field], count.contains(values.count) { return values.map { Float($0) } }
    guard let values = try array(field, count) else { return nil }
    var vector: [Float] = []
    vector.reserveCapacity(values.count)
    for value in values {
      guard let number = Self.number(value) else { throw outOfBounds(field, "a list of numbers") }
      vector.append(Float(number))
    }
    return vector
  }

  /// One of a few texts.
  public func choice(_ field: String, _ choices: [String]) throws(ServerProblem) -> String? {
    guard let value = fields[field] else { return nil }
    guard case .string(let text) = value, choices.contains(text) else {
      throw outOfBounds(field, "one of \(choices.joined(separator: ", "))")
    }
    return text
  }

  static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}

/// A JSON value. Objects keep the order of their fields.
public enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  /// Written with the digits that single precision has.
  case float(Float)
  case string(String)
  case array([JSONValue])
  /// A long list of numbers, which the parser packs; `areWhole` where all were written without a point.
  case numbers([Double], areWhole: Bool)
  case object([(String, JSONValue)])
  /// Text that is JSON already; never read, only written.
  case raw(String)

  /// What to call a value's kind in an error.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .int, .double, .float: "a number"
    case .string: "a text"
    case .array, .numbers: "a list"
    case .object, .raw: "an object"
    }
  }

  /// Values in a list; `nil` for anything else.
  var listLength: Int? {
    switch self {
    case .array(let values): values.count
    case .numbers(let values, _): values.count
    default: nil
    }
  }

  /// The field of an object.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields.first { $0.0 == name }?.1
  }

  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}

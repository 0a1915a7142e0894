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
    case .array: "a list"
    case .object, .raw: "an object"
    }
  }

  /// The field of an object.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields.first { $0.0 == name }?.1
  }

  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}

/// The fields of a request of Dria's protocol.
///
/// Its clients send fields that mean nothing here, and null for what they leave out: both are passed over.
struct DriaFields {
  let fields: JSONFields

  init(_ body: JSONValue) throws(ServerProblem) {
    guard case .object(let pairs) = body else { throw .invalid("The body must be an object, not \(body.kind).") }
    let given = pairs.filter { if case .null = $0.1 { false } else { true } }
    fields = try JSONFields(.object(given), known: Set(given.map(\.0)))
  }

  func required<Value>(_ name: String, _ value: Value?) throws(ServerProblem) -> Value {
    guard let value else { throw .invalid("`\(name)` is missing.") }
    return value
  }

  func contract() throws(ServerProblem) -> String {
    try required("contract_id", fields.string("contract_id", 1...100))
  }

  func top(most: Int) throws(ServerProblem) -> Int { try fields.int("top_n", 1...most) ?? 10 }

  func level() throws(ServerProblem) -> Int { try fields.int("level", 0...5) ?? 2 }

  func vector() throws(ServerProblem) -> [Float] {
    try required("vector", fields.vector("vector", 1...DriaLimits.dimension))
  }

  func identifiers() throws(ServerProblem) -> [Int64] {
    var ids: [Int64] = []
    for value in try required("id", fields.array("id", 1...DriaLimits.fetched)) {
      guard case .int(let id) = value else { throw .invalid("`id` must be a list of whole numbers.") }
      ids.append(id)
    }
    return ids
  }

  func text(_ name: String, most: Int = 200) throws(ServerProblem) -> String? { try fields.string(name, 0...most) }
}

/// How much one request of Dria's protocol may ask for.
enum DriaLimits {
  static let hitsOfSearch = 20
  static let hitsOfQuery = 1_000
  static let fetched = 1_000
  static let batch = 1_000
  static let dimension = 65_536
  static let query = 1_000
  static let description = 10_000
}

import Kindred

/// Reads the vectors of the local form's `/insert_vector`: one object, a list of objects, or a list of pairs.
enum LocalVectors {
  static func vectors(_ fields: DriaFields) throws(ServerProblem) -> [NewVector] {
    guard fields.fields.has("data") else {
      let vector = try fields.vector()
      return [NewVector(vector: vector, metadata: try metadata(fields.fields["metadata"], "metadata"))]
    }
    var vectors: [NewVector] = []
    for (index, item) in (try fields.fields.array("data", 1...DriaLimits.batch) ?? []).enumerated() {
      let place = "data[\(index)]"
      let vector: JSONValue?
      let given: JSONValue?
      switch item {
      case .object: (vector, given) = (item["vector"], item["metadata"])
      case .array(let pair) where pair.count == 2: (vector, given) = (pair[0], pair[1])
      default: throw .invalid("`\(place)` must be an object or a pair of vector and metadata.")
      }
      guard let vector else { throw .invalid("`\(place).vector` is missing.") }
      let numbers = try JSONFields(.object([("vector", vector)]), place: place, known: ["vector"])
        .vector("vector", 1...DriaLimits.dimension)
      vectors.append(NewVector(vector: numbers ?? [], metadata: try metadata(given, "\(place).metadata")))
    }
    return vectors
  }

  private static func metadata(_ value: JSONValue?, _ place: String) throws(ServerProblem) -> String {
    switch value {
    case nil, .null: return "{}"
    case .object: return value?.text ?? "{}"
    case .some(let other): throw .invalid("`\(place)` must be an object, not \(other.kind).")
    }
  }
}

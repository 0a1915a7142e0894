import ImageDecoding
import Kindred

/// A search as a request asks for it: the same from a picture with a query, and from JSON.
struct SearchWanted: Sendable {
  var request = SearchRequest()
  /// What errors call a picture.
  static let pictureName = "the picture"
  /// Whether the network may be needed.
  var needsNetwork = false

  /// Reads the options of a query.
  init(_ query: QueryParameters) throws(ServerProblem) {
    request.top = try query.int("top", 1...1000) ?? 20
    request.offset = try query.int("offset", 0...10_000) ?? 0
    request.minimumScore = try query.number("min_score", -1...1).map { Float($0) }
    request.filter = try SearchFilter(query)
    let level = try query.int("level", 0...5)
    // What the graph finds is compared by full embeddings in any case.
    _ = try query.bool("rerank")
    setDepth(level: level, exact: try query.bool("exact"))
  }

  private mutating func setDepth(level: Int?, exact: Bool?) {
    if let level { request.depth = SearchDepth(level: level) }
    if exact == true { request.depth = .exact }
  }

  private static let targets = ["id", "image", "label", "vector", "positives"]

  /// Reads `SearchRequest`; what it says goes before the query's options.
  mutating func read(_ value: JSONValue) throws(ServerProblem) {
    let options = ["negatives", "top", "offset", "min_score", "filter", "level", "rerank", "exact"]
    let fields = try JSONFields(value, known: Set(Self.targets + options))
    guard Self.targets.count(where: fields.has) == 1 else {
      throw .invalid("The body must have exactly one of \(Self.targets.joined(separator: ", ")).")
    }
    if let top = try fields.int("top", 1...1000) { request.top = top }
    if let offset = try fields.int("offset", 0...10_000) { request.offset = offset }
    if let score = try fields.number("min_score", -1...1) { request.minimumScore = Float(score) }
    if let filter = fields["filter"] { request.filter = try SearchFilter(filter) }
    _ = try fields.bool("rerank")
    setDepth(level: try fields.int("level", 0...5), exact: try fields.bool("exact"))

    request.label = try fields.string("label", 1...200)
    if let positives = try fields.array("positives", 1...64) {
      request.positives = try examples(positives, place: "positives")
    } else if let example = try example(fields) {
      request.positives = [example]
    }
    request.negatives = try examples(try fields.array("negatives", 0...64) ?? [], place: "negatives")
  }

  private mutating func examples(_ values: [JSONValue], place: String) throws(ServerProblem) -> [SearchRequest.Example]
  {
    var examples: [SearchRequest.Example] = []
    for (index, value) in values.enumerated() {
      let fields = try JSONFields(value, place: "\(place)[\(index)]", known: ["id", "image", "vector"])
      guard ["id", "image", "vector"].count(where: fields.has) == 1, let example = try example(fields) else {
        throw .invalid("`\(place)[\(index)]` must have exactly one of id, image and vector.")
      }
      examples.append(example)
    }
    return examples
  }

  private mutating func example(_ fields: JSONFields) throws(ServerProblem) -> SearchRequest.Example? {
    if let id = try fields.int("id", 0...(1 << 53)) { return .identifier(Int64(id)) }
    if let vector = try fields.vector("vector", 1...65_536) { return .vector(vector) }
    guard let bytes = try fields.base64("image") else { return nil }
    guard !bytes.isEmpty else { throw .invalid("`\(fields.name("image"))` is empty.") }
    needsNetwork = true
    return .bytes(bytes, name: Self.pictureName)
  }

  /// The examples' own picture.
  mutating func setPicture(_ bytes: [UInt8]) {
    request.positives = [.bytes(bytes, name: Self.pictureName)]
    needsNetwork = true
  }
}

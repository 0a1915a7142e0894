import Kindred

/// A hit as Dria's protocol has it.
struct DriaHit {
  var id: Int64
  /// A cosine, −1…1: programs compare by it, whatever the collection.
  var score: Float
  /// A JSON value.
  var metadata: JSONValue

  /// How metadata is written.
  enum Form {
    case object
    /// JSON in a string.
    case text
  }

  func json(_ form: Form) -> JSONValue {
    .object([
      ("id", .int(id)), ("score", .float(score)), ("metadata", form == .object ? metadata : .string(metadata.text)),
    ])
  }
}

/// Searches of Dria's protocol, among vectors and among pictures.
struct DriaSearch {
  let member: IndexFolder.Member
  /// What is told of a picture.
  let describe: (ImageRecord) -> JSONValue

  private var collection: Collection { member.collection }

  /// The nearest entries.
  /// - Parameter words: hits whose metadata holds words of this come first.
  func nearest(to vector: [Float], top: Int, level: Int, words: String? = nil) throws -> [DriaHit] {
    let depth = SearchDepth(level: level)
    let hits: [DriaHit]
    switch collection.kind {
    case .vectors: hits = try VectorSearcher(collection).search(vector, top: top, depth: depth).hits.map(hit)
    case .images:
      var request = SearchRequest()
      request.positives = [.vector(vector)]
      request.top = top
      request.depth = depth
      hits = try member.searcher.search(request).hits.map(hit)
    }
    guard let words else { return hits }
    return VectorSearcher.order(hits.map(\.metadata.text), toFront: words).map { hits[$0] }
  }

  /// Entries that a text means: among pictures by the label that fits it best, among vectors by its words in their
  /// metadata.
  func matching(_ text: String, top: Int, level: Int) throws -> [DriaHit] {
    switch collection.kind {
    case .vectors: return try VectorSearcher(collection).search(words: text, top: top).map(hit)
    case .images:
      guard let label = try collection.matchLabel(text) else { return [] }
      var request = SearchRequest()
      request.label = label
      request.top = top
      request.depth = SearchDepth(level: level)
      return try member.searcher.search(request).hits.map(hit)
    }
  }

  /// Vectors and metadata in the order of the identifiers.
  func entries(_ ids: [Int64]) throws -> [(vector: [Float], metadata: JSONValue)] {
    switch collection.kind {
    case .vectors: try collection.vectors(ids: ids).map { ($0.vector, .raw($0.record.metadata)) }
    case .images: try collection.features(ids: ids).map { ($0.vector, describe($0.record)) }
    }
  }

  private func hit(_ hit: VectorHit) -> DriaHit {
    DriaHit(id: hit.record.id, score: hit.score, metadata: .raw(hit.record.metadata))
  }

  private func hit(_ hit: SearchHit) -> DriaHit {
    DriaHit(id: hit.record.id, score: hit.cosine, metadata: describe(hit.record))
  }
}

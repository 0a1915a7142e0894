import GRDB
import VectorIndex

/// Answers searches in a collection of vectors.
public struct VectorSearcher: Sendable {
  public let collection: Collection

  /// Words of a text that are looked for.
  private static let mostWords = 16

  /// - Throws: ``KindredError/Code/wrongKind`` for a collection of pictures.
  public init(_ collection: Collection) throws {
    guard collection.kind == .vectors else { throw Collection.wrongKind(collection.directory, has: .images) }
    self.collection = collection
  }

  /// What a search found, best first.
  public struct Result: Sendable {
    public var hits: [VectorHit]
    /// Whether every entry was compared.
    public var exact: Bool
    public var timing: SearchTiming
  }

  /// What entries should be like, or unlike.
  public enum Example: Sendable, Equatable {
    /// Of the collection's dimension; its length does not matter.
    case vector([Float])
    /// An entry, which is no hit itself.
    case identifier(Int64)
  }

  /// The entries nearest to a vector; none in an empty collection. See ``search(like:unlike:top:offset:minimumScore:depth:)``.
  public func search(_ vector: [Float], top: Int, depth: SearchDepth = .standard) throws -> Result {
    try search(like: [.vector(vector)], top: top, depth: depth)
  }

  /// The nearest entries; none in an empty collection.
  /// - Parameters:
  ///   - positives: averaged; one or more.
  ///   - negatives: their average is taken away, at a quarter of their weight.
  ///   - top: how many at most.
  ///   - offset: how many of the best to leave out.
  ///   - minimumScore: entries of a lower cosine are left out.
  ///   - depth: how deep the graph is searched.
  /// - Throws: ``KindredError/Code/dimensionMismatch`` with both lengths, ``KindredError/Code/unknownEntry``,
  ///   ``KindredError/Code/invalidArgument``.
  public func search(
    like positives: [Example], unlike negatives: [Example] = [], top: Int, offset: Int = 0, minimumScore: Float? = nil,
    depth: SearchDepth = .standard
  ) throws -> Result {
    let dimension = try collection.dimension()
    let (like, unlike) = try (vectors(positives, dimension), vectors(negatives, dimension))
    var timing = SearchTiming()
    guard dimension != nil else { return Result(hits: [], exact: true, timing: timing) }
    let excluded = Set(
      (positives + negatives).compactMap { if case .identifier(let id) = $0 { id } else { nil } })
    let question = Ranking.Question(
      query: try QueryVector.combining(like, without: unlike), top: top + offset, minimumCosine: minimumScore,
      excludedCount: excluded.count)
    let answer = try retryingAfterCompaction {
      try collection.withSnapshot { snapshot in
        try Ranking(snapshot: snapshot, depth: depth).nearest(question) { neighbor in
          try Row.fetchAll(
            snapshot.db.cachedStatement(sql: "SELECT id, metadata FROM content WHERE feature_row = ?"),
            arguments: [neighbor.row]
          ).filter { !excluded.contains($0["id"]) }.map {
            VectorHit(
              record: VectorRecord(id: $0["id"], metadata: $0["metadata"]), score: min(1, max(-1, neighbor.score)))
          }
        }
      }
    }
    timing.search = answer.search
    timing.fetch = answer.fetch
    return Result(hits: Array(answer.hits.dropFirst(offset)), exact: answer.exact, timing: timing)
  }

  /// Examples as unit vectors.
  private func vectors(_ examples: [Example], _ dimension: Int?) throws -> [[Float]] {
    try examples.map { example in
      switch example {
      case .identifier(let id): return VectorMath.normalized(try collection.vectors(ids: [id])[0].vector)
      case .vector(let vector): return try QueryVector.unit(vector, dimension: dimension, place: "vector")
      }
    }
  }

  /// The entries whose metadata holds the most words of a text, whatever the case of ASCII letters; the score is the
  /// share of the words. Every entry's metadata is looked at.
  public func search(words text: String, top: Int) throws -> [VectorHit] {
    let words = Array(Self.words(of: text).prefix(Self.mostWords))
    guard !words.isEmpty, top > 0 else { return [] }
    let count = words.map { _ in "(metadata LIKE ? ESCAPE '\\')" }.joined(separator: " + ")
    return try collection.read { db in
      try Row.fetchAll(
        db, sql: "SELECT id, metadata, \(count) AS hits FROM content WHERE hits > 0 ORDER BY hits DESC, id LIMIT ?",
        arguments: StatementArguments(words.map(Self.pattern)) + [top]
      ).map {
        VectorHit(
          record: VectorRecord(id: $0["id"], metadata: $0["metadata"]),
          score: Float($0["hits"] as Int) / Float(words.count))
      }
    }
  }

  /// Different words of a text, in their order.
  static func words(of text: String) -> [String] {
    var seen = Set<String>()
    return text.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }.filter { seen.insert($0).inserted }
  }

  private static func pattern(_ word: String) -> String {
    "%" + word.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_") + "%"
  }

  /// The order in which hits whose metadata holds words of a text come before the others; among equals it stays as it is.
  /// - Parameters:
  ///   - metadata: of the hits, best first.
  ///   - text: whose words are looked for.
  /// - Returns: the indices of `metadata` in their new order.
  public static func order(_ metadata: [String], toFront text: String) -> [Int] {
    let words = words(of: text)
    let counts = metadata.map { metadata in
      let metadata = metadata.lowercased()
      return words.count { metadata.contains($0) }
    }
    return metadata.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
  }
}

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

  /// The nearest entries; none in an empty collection.
  /// - Parameters:
  ///   - vector: of the collection's dimension; its length does not matter.
  ///   - top: how many at most.
  ///   - offset: how many of the best to leave out.
  ///   - minimumScore: entries of a lower cosine are left out.
  ///   - depth: how deep the graph is searched.
  /// - Throws: ``KindredError/Code/dimensionMismatch`` with both lengths, ``KindredError/Code/invalidArgument``.
  public func search(
    _ vector: [Float], top: Int, offset: Int = 0, minimumScore: Float? = nil, depth: SearchDepth = .standard
  ) throws -> Result {
    let norm = VectorMath.norm(vector)
    guard norm.isFinite, norm > 0 else {
      throw KindredError(
        .invalidArgument, place: "vector", reason: "the vector is zero or holds a number that is not finite")
    }
    let question = Ranking.Question(
      query: VectorMath.normalized(vector, norm: norm), top: top + offset, minimumScore: minimumScore)
    let answer = try retryingAfterCompaction {
      try Ranking(collection: collection, depth: depth).nearest(question) { db, neighbor, _ in
        try Row.fetchAll(
          db.cachedStatement(sql: "SELECT id, metadata FROM content WHERE feature_row = ?"), arguments: [neighbor.row]
        ).map {
          VectorHit(
            record: VectorRecord(id: $0["id"], metadata: $0["metadata"]), score: min(1, max(-1, neighbor.score)))
        }
      }
    }
    var timing = SearchTiming()
    timing.search = answer.search
    timing.fetch = answer.fetch
    return Result(hits: Array(answer.hits.dropFirst(offset)), exact: answer.exact, timing: timing)
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
  /// - Parameter metadata: of the hits, best first.
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

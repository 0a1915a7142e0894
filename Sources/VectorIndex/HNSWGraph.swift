/// What an ``HNSWIndex`` and a ``CodeGraph`` have in common: all that does not touch vectors.
///
/// All methods may be called from many threads at once: searches run beside each other and take turns with the
/// insertion of single rows.
///
/// `@unchecked Sendable`: the stored properties never change, and the graph behind the handle has its own locks.
public class HNSWGraph: @unchecked Sendable {
  public let parameters: HNSWParameters
  let handle: GraphHandle
  private let queryDimension: Int

  init(handle: GraphHandle) {
    let facts = handle.facts
    parameters = HNSWParameters(m: facts.m, efConstruction: facts.ef_construction)
    queryDimension = facts.dimension
    self.handle = handle
  }

  /// Rows in the graph, deleted ones too.
  public var count: Int { handle.count }
  /// Distinct vectors or codes among them.
  public var nodeCount: Int { handle.facts.nodes }
  /// Rows that searches may return.
  public var liveCount: Int {
    let facts = handle.facts
    return facts.count - facts.deleted
  }
  /// All rows in the graph, deleted ones too, ascending.
  public var rows: [Int] { handle.rows(liveOnly: false) }
  /// The rows that searches may return, ascending.
  public var liveRows: [Int] { handle.rows(liveOnly: true) }
  /// The greatest row in the graph, deleted or not; `nil` when it is empty.
  public var maxRow: Int? {
    let limit = handle.facts.row_limit
    return limit == 0 ? nil : limit - 1
  }
  /// Bytes of memory that the graph has allocated: links, codes if it has any, and what finds a row.
  public var memoryBytes: Int { handle.facts.memory }

  /// The collection's generation that the loaded or last saved graph covers.
  public var generation: Int64 { handle.facts.generation }

  public func contains(row: Int) -> Bool { UInt32(exactly: row).map(handle.contains) ?? false }
  public func isDeleted(row: Int) -> Bool { UInt32(exactly: row).map(handle.isDeleted) ?? false }

  /// Leaves a row out of results from now on. It stays in the graph, and its links are still followed.
  /// - Throws: `invalidArgument` if the graph lacks the row.
  public func markDeleted(row: Int) throws(VectorIndexError) {
    guard let row = UInt32(exactly: row) else {
      throw VectorIndexError(code: .invalidArgument, reason: "row \(row) is not in the graph")
    }
    try handle.markDeleted(row)
  }

  /// Writes the graph to a temporary file, flushes it and renames it to `path`, after ``connectUnreachable()``. Waits
  /// for an insertion that is under way; searches go on.
  /// - Throws: `outOfSpace`, `unwritable`, and then the file at `path` is what it was; `libraryFailure`.
  public func save(to path: String, generation: Int64) throws(VectorIndexError) {
    try connectUnreachable()
    try handle.withBytes(generation: generation) { (bytes) throws(VectorIndexError) in
      try SavedGraph.write(bytes, to: path)
    }
    handle.setGeneration(generation)
  }

  /// Rows as the graph takes them, which must be below `limit`.
  static func checked(_ rows: [Int], below limit: Int, path: String? = nil) throws(VectorIndexError) -> [UInt32] {
    var checked: [UInt32] = []
    checked.reserveCapacity(rows.count)
    for row in rows {
      guard row >= 0 && row < limit else {
        throw VectorIndexError(
          code: .invalidArgument, path: path, reason: "row \(row) is not among the \(limit) rows that there can be")
      }
      checked.append(UInt32(row))
    }
    return checked
  }

  /// - Throws: `dimensionMismatch`.
  func search(_ query: [Float], top: Int, ef: Int) throws(VectorIndexError) -> [Neighbor] {
    guard query.count == queryDimension else {
      throw VectorIndexError(
        code: .dimensionMismatch,
        reason: "the query has \(query.count) numbers, but the graph is of vectors of \(queryDimension)")
    }
    let top = min(top, handle.count)
    guard top > 0 else { return [] }
    return try handle.search(query, top: top, ef: max(ef, top))
  }
}

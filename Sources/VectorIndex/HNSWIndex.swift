internal import CHNSW

/// A graph over the rows of a ``FeatureFile``. It holds links only; vectors stay in the file. Rows with the same vector
/// share a node.
///
/// ```swift
/// let graph = try HNSWIndex(features: features)
/// try graph.insert(rows: Array(0..<features.rowCount))
/// let best = try graph.neighbors(of: query, top: 10, ef: HNSWIndex.defaultEF(top: 10))
/// try graph.save(to: "graph", generation: 1)
/// ```
///
/// All methods may be called from many threads at once: searches run beside each other and take turns with the
/// insertion of single rows. The rows of the graph can't be cut off the feature file while the graph is open.
///
/// `@unchecked Sendable`: the stored properties never change, and the graph behind the handle has its own locks.
public final class HNSWIndex: @unchecked Sendable {
  public let parameters: HNSWParameters
  let features: FeatureFile
  let handle: GraphHandle

  /// Rows in the graph, deleted ones too.
  public var count: Int { handle.facts.count }
  /// Distinct vectors among them.
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

  /// Makes an empty graph.
  /// - Throws: `invalidArgument` for parameters out of their bounds.
  public init(features: FeatureFile, parameters: HNSWParameters = HNSWParameters()) throws(VectorIndexError) {
    handle = try GraphHandle.create(features.matrix, parameters)
    self.parameters = parameters
    self.features = features
  }

  /// Reads a saved graph, which may come from anywhere.
  /// - Throws: `notFound`, `unreadable`, `foreign`, `unknownVersion`, `dimensionMismatch`, or `damaged` for whatever
  ///   else is wrong, rows that the feature file does not have among it.
  public init(contentsOf path: String, features: FeatureFile) throws(VectorIndexError) {
    let bytes = try SavedGraph.read(path)
    let handle = try bytes.withUnsafeBufferPointer { (buffer) throws(VectorIndexError) in
      try GraphHandle.read(UnsafeRawBufferPointer(buffer), matrix: features.matrix, path: path)
    }
    let facts = handle.facts
    parameters = HNSWParameters(m: facts.m, efConstruction: facts.ef_construction)
    self.handle = handle
    self.features = features
    features.pin(rows: facts.row_limit, for: ObjectIdentifier(self))
  }

  deinit { features.pin(rows: 0, for: ObjectIdentifier(self)) }

  /// The collection's generation that the loaded or last saved graph covers.
  public var generation: Int64 { handle.facts.generation }

  public func contains(row: Int) -> Bool { UInt32(exactly: row).map(handle.contains) ?? false }
  public func isDeleted(row: Int) -> Bool { UInt32(exactly: row).map(handle.isDeleted) ?? false }

  /// Inserts rows on all processors. Rows that the graph has already, deleted or not, are passed over.
  ///
  /// On one thread the same rows in the same order always make the same graph.
  /// - Parameters:
  ///   - rows: rows of the feature file, in any order.
  ///   - threads: how many threads to use; one a processor when `nil`.
  /// - Throws: `invalidArgument` if the feature file lacks a row; `libraryFailure`, for example without memory, after
  ///   which the graph can be searched but must be built anew to be saved.
  public func insert(rows: [Int], threads: Int? = nil) throws(VectorIndexError) {
    let matrix = features.matrix
    var checked: [UInt32] = []
    checked.reserveCapacity(rows.count)
    for row in rows {
      guard row >= 0 && row < matrix.rows else {
        throw VectorIndexError(
          code: .invalidArgument, path: features.path, reason: "row \(row) is not among its \(matrix.rows) rows")
      }
      checked.append(UInt32(row))
    }
    guard let last = rows.max() else { return }
    features.pin(rows: max(last + 1, handle.facts.row_limit), for: ObjectIdentifier(self))
    try handle.insert(checked, of: matrix, threads: max(0, threads ?? 0))
  }

  /// Leaves a row out of results from now on. It stays in the graph, and its links are still followed.
  /// - Throws: `invalidArgument` if the graph lacks the row.
  public func markDeleted(row: Int) throws(VectorIndexError) {
    guard let row = UInt32(exactly: row) else {
      throw VectorIndexError(code: .invalidArgument, reason: "row \(row) is not in the graph")
    }
    try handle.markDeleted(row)
  }

  /// The `top` nearest live rows, best first; equal scores in the order of rows.
  ///
  /// There may be fewer than `top`: when the graph has fewer, or when the search meets fewer.
  /// - Parameters:
  ///   - query: one L2-normalised vector of the features' dimension.
  ///   - top: how many rows at most.
  ///   - ef: candidates that the search keeps, at least `top`: more take longer and miss less.
  ///     See ``defaultEF(top:)``.
  /// - Throws: `dimensionMismatch`.
  public func neighbors(of query: [Float], top: Int, ef: Int) throws(VectorIndexError) -> [Neighbor] {
    guard query.count == features.dimension else {
      throw VectorIndexError(
        code: .dimensionMismatch,
        reason: "the query has \(query.count) numbers, but the features have \(features.dimension)")
    }
    let top = min(top, count)
    guard top > 0 else { return [] }
    return try handle.search(query, top: top, ef: max(ef, top))
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
}

extension FeatureFile {
  /// The rows as the graph takes them.
  var matrix: kindred_matrix {
    let (base, rowCount) = view()
    return kindred_matrix(base: base, rows: rowCount, dimension: dimension)
  }
}

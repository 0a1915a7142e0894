internal import CHNSW

/// How a ``CodeGraph`` holds its vectors.
public enum CodeKind: String, Sendable, Codable, CaseIterable {
  /// A signed byte a number: the number of largest size of a vector becomes ±127.
  case int8
  /// IEEE 754 half precision of the vector scaled to length 1.
  case float16

  init?(_ kind: kindred_hnsw_kind) {
    switch kind {
    case KINDRED_HNSW_INT8: self = .int8
    case KINDRED_HNSW_FLOAT16: self = .float16
    default: return nil
    }
  }

  var number: kindred_hnsw_kind {
    switch self {
    case .int8: KINDRED_HNSW_INT8
    case .float16: KINDRED_HNSW_FLOAT16
    }
  }
}

/// A graph that holds codes of its vectors, by which it finds candidates: their cosines are approximate, and a caller
/// compares the best of them exactly. Rows with the same code share a node.
///
/// ```swift
/// let graph = try CodeGraph(dimension: 128, kind: .int8, fit: 1)
/// try graph.insert(projection.projected(embeddings), rows: rows)
/// let candidates = try graph.neighbors(of: projection.projected(query), top: 40, ef: 80)
/// try graph.save(to: "graph", generation: 1)
/// ```
///
/// A vector without a direction (zeros, or with a number that is not finite) can be inserted and is never found.
///
/// `@unchecked Sendable`: the stored properties never change, and the graph behind the handle has its own locks.
public final class CodeGraph: HNSWGraph, @unchecked Sendable {
  /// Numbers in a vector.
  public let dimension: Int
  public let kind: CodeKind
  /// What the vectors were made with, for example the number of a projection: a number of the caller's, which is saved
  /// with the graph.
  public let fit: Int64

  /// Makes an empty graph.
  /// - Throws: `invalidArgument` for parameters out of their bounds, or a dimension that is not 1…65,536.
  public init(
    dimension: Int, kind: CodeKind, parameters: HNSWParameters = HNSWParameters(), fit: Int64 = 0
  ) throws(VectorIndexError) {
    self.dimension = dimension
    self.kind = kind
    self.fit = fit
    super.init(handle: try GraphHandle.create(kind: kind.number, dimension: dimension, fit: fit, parameters))
  }

  /// Reads a saved graph, which may come from anywhere.
  /// - Parameters:
  ///   - path: the file.
  ///   - rowLimit: how many rows it can have; a file that says more is refused before it takes memory.
  /// - Throws: `notFound`, `unreadable`, `foreign` (also for a graph over the rows of a feature file, which
  ///   ``HNSWIndex`` reads), `unknownVersion`, or `damaged` for whatever else is wrong.
  public convenience init(contentsOf path: String, rowLimit: Int = Int(UInt32.max)) throws(VectorIndexError) {
    let bytes = try SavedGraph.read(path, ofCodes: true, rowLimit: rowLimit)
    let handle = try bytes.withUnsafeBufferPointer { (buffer) throws(VectorIndexError) in
      try GraphHandle.read(UnsafeRawBufferPointer(buffer), path: path)
    }
    try self.init(of: handle)
  }

  /// - Throws: `damaged` if the graph has no codes.
  init(of handle: GraphHandle) throws(VectorIndexError) {
    let facts = handle.facts
    guard let kind = CodeKind(facts.kind) else {
      throw VectorIndexError(code: .damaged, reason: "the graph has no codes")
    }
    dimension = facts.dimension
    self.kind = kind
    fit = facts.fit
    super.init(handle: handle)
  }

  /// Inserts vectors on all processors. Rows that the graph has already, deleted or not, are passed over.
  ///
  /// On one thread the same rows in the same order always make the same graph.
  /// - Parameters:
  ///   - vectors: `[rows.count, dimension]`, flattened, of any length.
  ///   - rows: what searches name them by: any numbers, but not far above the count of rows (at most 64 times as many
  ///     and 2²⁴).
  ///   - threads: how many threads to use; one a processor when `nil`.
  /// - Throws: `dimensionMismatch`; `invalidArgument` for a row that can't be; `libraryFailure`, for example without
  ///   memory, after which the graph can be searched but must be built anew to be saved.
  public func insert(_ vectors: [Float], rows: [Int], threads: Int? = nil) throws(VectorIndexError) {
    let (expected, overflow) = rows.count.multipliedReportingOverflow(by: dimension)
    guard !overflow, vectors.count == expected else {
      throw VectorIndexError(
        code: .dimensionMismatch, reason: "\(vectors.count) numbers are not \(rows.count) vectors of \(dimension)")
    }
    let checked = try Self.checked(rows, below: Int(UInt32.max))
    guard !checked.isEmpty else { return }
    try handle.insert(checked, vectors: vectors, threads: max(0, threads ?? 0))
  }

  /// The `top` nearest live rows by their codes, best first; equal scores in the order of rows.
  ///
  /// There may be fewer than `top`: when the graph has fewer, or when the search meets fewer.
  /// - Parameters:
  ///   - query: one vector of ``dimension`` numbers, of any length.
  ///   - top: how many rows at most.
  ///   - ef: candidates that the search keeps, at least `top`: more take longer and miss less.
  /// - Returns: rows with the cosines of their codes and the query's.
  /// - Throws: `dimensionMismatch`.
  public func neighbors(of query: [Float], top: Int, ef: Int) throws(VectorIndexError) -> [Neighbor] {
    try search(query, top: top, ef: ef)
  }

  /// Whether the graph has the row, deleted or not, with the code of this vector. Vectors that differ by the rounding of
  /// single-precision arithmetic count as the same.
  /// - Throws: `dimensionMismatch`.
  public func holds(_ vector: [Float], row: Int) throws(VectorIndexError) -> Bool {
    guard vector.count == dimension else {
      throw VectorIndexError(
        code: .dimensionMismatch, reason: "the vector has \(vector.count) numbers, but the graph's have \(dimension)")
    }
    guard let row = UInt32(exactly: row) else { return false }
    return try handle.holds(vector, row: row)
  }
}

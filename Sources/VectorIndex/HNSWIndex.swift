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
/// The rows of the graph can't be cut off the feature file while the graph is open.
///
/// `@unchecked Sendable`: the stored properties never change, and the graph behind the handle has its own locks.
public final class HNSWIndex: HNSWGraph, @unchecked Sendable {
  let features: FeatureFile

  /// Makes an empty graph.
  /// - Throws: `invalidArgument` for parameters out of their bounds.
  public init(features: FeatureFile, parameters: HNSWParameters = HNSWParameters()) throws(VectorIndexError) {
    self.features = features
    super.init(handle: try GraphHandle.create(features.matrix, parameters))
  }

  /// Reads a saved graph, which may come from anywhere.
  /// - Throws: `notFound`, `unreadable`, `foreign` (also for a graph over codes, which ``CodeGraph`` reads),
  ///   `unknownVersion`, `dimensionMismatch`, or `damaged` for whatever else is wrong, rows that the feature file does
  ///   not have among it.
  public init(contentsOf path: String, features: FeatureFile) throws(VectorIndexError) {
    let bytes = try SavedGraph.read(path, ofCodes: false, rowLimit: features.rowCount)
    self.features = features
    super.init(
      handle: try bytes.withUnsafeBufferPointer { (buffer) throws(VectorIndexError) in
        try GraphHandle.read(UnsafeRawBufferPointer(buffer), matrix: features.matrix, path: path)
      })
    features.pin(rows: handle.facts.row_limit, for: ObjectIdentifier(self))
  }

  deinit { features.pin(rows: 0, for: ObjectIdentifier(self)) }

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
    let checked = try Self.checked(rows, below: matrix.rows, path: features.path)
    guard let last = rows.max() else { return }
    features.pin(rows: max(last + 1, handle.facts.row_limit), for: ObjectIdentifier(self))
    try handle.insert(checked, of: matrix, threads: max(0, threads ?? 0))
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
    try search(query, top: top, ef: ef)
  }
}

extension FeatureFile {
  /// The rows as the graph takes them.
  var matrix: kindred_matrix {
    let (base, rowCount) = view()
    return kindred_matrix(base: base, rows: rowCount, dimension: dimension)
  }
}

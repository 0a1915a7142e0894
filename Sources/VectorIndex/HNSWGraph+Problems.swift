internal import CHNSW

/// A fault in a graph.
public struct HNSWProblem: Sendable, Equatable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    /// A link to no node, to its own node or to one that is not on the layer.
    case badLink
    /// A node is linked to another one twice.
    case duplicateLink
    /// No path on layer 0 leads from the entry point to a live node.
    case unreachable
    /// Two rows share a node, but their vectors differ.
    case wrongTwin
    /// A row that should be found is not in the graph, or is marked deleted.
    case missingRow
    /// A row that should not be found can be.
    case unexpectedRow
    /// A row that the feature file does not have, or that can't be in a graph over codes.
    case rowOutOfRange
  }
  public var kind: Kind
  public var row: Int
  public var description: String

  init?(_ problem: kindred_hnsw_problem) {
    row = Int(problem.row)
    switch kindred_hnsw_problem_kind(UInt32(bitPattern: problem.kind)) {
    case KINDRED_HNSW_BAD_LINK:
      kind = .badLink
      description = "row \(row) has a link on layer \(problem.layer) to node \(problem.target), which is not there"
    case KINDRED_HNSW_DUPLICATE_LINK:
      kind = .duplicateLink
      description = "row \(row) has two links on layer \(problem.layer) to node \(problem.target)"
    case KINDRED_HNSW_UNREACHABLE:
      kind = .unreachable
      description = "no search can reach row \(row)"
    case KINDRED_HNSW_WRONG_TWIN:
      kind = .wrongTwin
      description = "row \(row) is with a row that has another vector"
    case KINDRED_HNSW_MISSING_ROW:
      kind = .missingRow
      description = "row \(row) is not in the graph"
    case KINDRED_HNSW_UNEXPECTED_ROW:
      kind = .unexpectedRow
      description = "row \(row) is in the graph, but not in the collection"
    case KINDRED_HNSW_ROW_OUT_OF_RANGE:
      kind = .rowOutOfRange
      description = "row \(row) is not among the rows that there can be"
    default: return nil
    }
  }
}

extension HNSWGraph {
  /// Looks for faults, as `kindred verify` does. Waits for an insertion that is under way.
  /// - Parameters:
  ///   - expectedLive: the rows that searches should be able to return; not checked when `nil`.
  ///   - limit: how many problems to return at most.
  /// - Returns: problems, and how many there are in all.
  public func problems(
    expectedLive: [Int]? = nil, limit: Int = 1000
  ) throws(VectorIndexError) -> (found: [HNSWProblem], total: Int) {
    let expected = expectedLive.map { $0.map { UInt32(exactly: $0) ?? UInt32.max } }
    let (found, total) = try handle.problems(expected: expected, limit: max(0, limit))
    return (found.compactMap(HNSWProblem.init), total)
  }

  /// Gives live nodes that no path leads to (`unreachable` in ``problems(expectedLive:limit:)``) a link from a near
  /// node that has room for one.
  /// - Returns: how many got one.
  @discardableResult
  public func connectUnreachable() throws(VectorIndexError) -> Int { try handle.connectUnreachable() }
}

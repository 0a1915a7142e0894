/// L2-normalised vectors in rows, appended to a file and read through a memory map.
public final class FeatureFile: @unchecked Sendable {
  public let path: String
  /// Numbers in a row.
  public let dimension: Int
  /// Whole rows in the file.
  public var rowCount: Int { 0 }

  /// Makes a new, empty file; fails if one is there.
  public static func create(path: String, dimension: Int) throws(VectorIndexError) -> FeatureFile {
    throw VectorIndexError(code: .unwritable, path: path, reason: "stub")
  }

  /// Opens a file that is there.
  public init(path: String, writable: Bool = false) throws(VectorIndexError) {
    throw VectorIndexError(code: .unreadable, path: path, reason: "stub")
  }

  /// Adds rows at the end. They are durable after ``synchronize()``.
  /// - Parameter vectors: `[rows, dimension]`, flattened.
  /// - Returns: the number of the first new row.
  public func append(_ vectors: [Float]) throws(VectorIndexError) -> Int { 0 }

  /// Waits until all rows are on the disk.
  public func synchronize() throws(VectorIndexError) {}

  /// Cuts the file to its first `rows` rows: what a crash left behind the last commit is dropped.
  public func truncate(toRows rows: Int) throws(VectorIndexError) {}

  /// A copy of one row.
  public func row(_ index: Int) -> [Float] { [] }
}

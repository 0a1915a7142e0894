/// Why a feature file or a graph can't be used.
public struct VectorIndexError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case notFound, unreadable, unwritable, outOfSpace
    /// Not a file of this kind.
    case foreign
    /// Of a format version that this program does not know.
    case unknownVersion
    /// The checksum or the structure is wrong.
    case damaged
    /// A vector or a file of another dimension than asked for.
    case dimensionMismatch
    /// A row that is not there, or a parameter out of its bounds.
    case invalidArgument
    case libraryFailure
  }
  public var code: Code
  public var path: String?
  public var reason: String

  public init(code: Code, path: String? = nil, reason: String) {
    self.code = code
    self.path = path
    self.reason = reason
  }

  public var description: String { path.map { "\($0): \(reason)" } ?? reason }
}

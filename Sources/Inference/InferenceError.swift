/// Why a network can't be built or run.
public struct InferenceError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// The graph contradicts itself.
    case invalidGraph
    /// A tensor's shape does not fit the operation.
    case shapeMismatch
    /// The executor has no way to do this.
    case unsupported
    /// A library reported a fault.
    case libraryFailure
  }
  public var code: Code
  /// The node's or value's name, where one is at fault.
  public var place: String?
  public var reason: String

  public init(code: Code, place: String? = nil, reason: String) {
    self.code = code
    self.place = place
    self.reason = reason
  }

  public var description: String { place.map { "\($0): \(reason)" } ?? reason }
}

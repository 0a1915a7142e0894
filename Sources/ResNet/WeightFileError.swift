/// Why a weight file can't be used.
public struct WeightFileError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case notFound, unreadable, unknownFormat, truncated, damaged, tooLarge
    /// A tensor that the architecture needs is not there.
    case missingTensor
    /// A tensor has another shape or type than the architecture needs.
    case wrongShape
    /// An operator, opset or attribute that Kindred does not know.
    case unsupportedOperator
    /// No architecture of the paper fits the tensors.
    case unknownArchitecture
    /// A file could not be written.
    case unwritable
  }
  public var code: Code
  public var path: String
  /// The tensor or operator at fault, where there is one.
  public var place: String?
  public var reason: String

  public init(code: Code, path: String, place: String? = nil, reason: String) {
    self.code = code
    self.path = path
    self.place = place
    self.reason = reason
  }

  public var description: String {
    place.map { "\(path): \($0): \(reason)" } ?? "\(path): \(reason)"
  }
}

/// The largest magnitude that int8 represents of each array between the layers of an optimised graph.
///
/// Made by ``ActivationObserver``. Larger values are clipped.
public struct ActivationStatistics: Sendable, Equatable, Codable {
  /// By the value's name; finite and above zero.
  public private(set) var limits: [String: Float]

  /// Limits that are no positive numbers are left out: those layers run in single precision.
  public init(limits: [String: Float]) { self.limits = limits.filter { $0.value.isFinite && $0.value > 0 } }

  public init(from decoder: any Decoder) throws {
    self.init(limits: try decoder.singleValueContainer().decode([String: Float].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(limits)
  }

  /// What one step of an integer stands for.
  /// - Parameter isSigned: −127…127, else 0…255.
  func scale(of value: String, isSigned: Bool) -> Float? {
    limits[value].map { $0 / (isSigned ? 127 : 255) }
  }
}

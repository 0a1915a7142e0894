import Foundation

/// What int8 takes to know of the arrays between the layers of an optimised graph.
///
/// Made by ``ActivationObserver``.
public struct ActivationStatistics: Sendable, Equatable {
  /// The largest magnitude that int8 represents of each array, by the value's name; finite and above zero. Larger values
  /// are clipped.
  public private(set) var limits: [String: Float]
  /// The mean of each channel of arrays that convolutions read, by the value's name: with it, what rounding the weights
  /// takes from the outputs' means is put back. Arrays without it are left as rounding makes them.
  public private(set) var means: [String: [Float]]

  /// Limits that are no positive numbers are left out: those layers run in single precision. So are means of which one
  /// is no finite number.
  public init(limits: [String: Float], means: [String: [Float]] = [:]) {
    self.limits = limits.filter { $0.value.isFinite && $0.value > 0 }
    self.means = means.filter { $0.value.allSatisfy(\.isFinite) }
  }

  /// What one step of an integer stands for.
  /// - Parameter isSigned: −127…127, else 0…255.
  func scale(of value: String, isSigned: Bool) -> Float? {
    limits[value].map { $0 / (isSigned ? 127 : 255) }
  }
}

extension ActivationStatistics: Codable {
  private enum CodingKeys: CodingKey {
    case limits, means
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let means = try container.decode([String: Data].self, forKey: .means)
    self.init(limits: try container.decode([String: Float].self, forKey: .limits), means: means.mapValues(Self.numbers))
  }

  /// Means are their bits in base64, as there are tens of thousands.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(limits, forKey: .limits)
    try container.encode(
      means.mapValues { $0.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) } }, forKey: .means)
  }

  private static func numbers(_ data: Data) -> [Float] {
    data.withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<UInt32>.size).map {
        let bits = bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<UInt32>.size, as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: bits))
      }
    }
  }
}

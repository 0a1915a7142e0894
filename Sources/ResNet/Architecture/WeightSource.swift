import Foundation
import Inference

/// What a tensor of weights is for: an initialiser needs to know.
public enum WeightRole: Sendable {
  /// `[outputs, inputs, height, width]`.
  case convolution
  /// Batch normalisation, one number a channel.
  case normalizationScale, normalizationShift, runningMean, runningVariance
  /// `[outputs, inputs]` of a fully connected layer, and its bias.
  case linear, linearBias
}

/// Where a network's weights come from.
public protocol WeightSource {
  /// The numbers of one tensor, row-major.
  /// - Parameters:
  ///   - name: in torchvision's naming, such as `layer1.0.conv1.weight`.
  ///   - shape: what the architecture needs; the result has as many numbers as its product.
  ///   - role: what the tensor is for.
  mutating func values(named name: String, shape: [Int], role: WeightRole) throws -> [Float]
}

/// Weights of zero, kept once for each size, so that a network of any depth can be described in little memory.
public struct ZeroWeights: WeightSource {
  private var cache: [Int: [Float]] = [:]

  public init() {}

  public mutating func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
    let count = shape.reduce(1, *)
    if let known = cache[count] { return known }
    let zeros = [Float](repeating: 0, count: count)
    cache[count] = zeros
    return zeros
  }
}

/// He initialisation: normal with variance 2 / fan-in (He et al., "Delving Deep into Rectifiers", arXiv:1502.01852), and
/// batch normalisation that changes nothing. The numbers of a tensor depend on the seed and its name alone.
public struct HeInitialization: WeightSource {
  private let seed: UInt64

  public init(seed: UInt64) {
    self.seed = seed
  }

  public func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
    let count = shape.reduce(1, *)
    switch role {
    case .normalizationScale, .runningVariance: return [Float](repeating: 1, count: count)
    case .normalizationShift, .runningMean, .linearBias: return [Float](repeating: 0, count: count)
    case .convolution, .linear:
      let deviation = (2 / Float(max(1, shape.dropFirst().reduce(1, *)))).squareRoot()
      var generator = NormalGenerator(seed: seed, name: name)
      return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count { buffer[index] = generator.next() * deviation }
        initialized = count
      }
    }
  }
}

/// Normally distributed numbers by the polar method over SplitMix64.
private struct NormalGenerator {
  private var state: UInt64
  private var spare: Float?

  init(seed: UInt64, name: String) {
    // FNV-1a, so that each tensor has its own sequence whatever the order in which they are asked for.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    state = seed ^ hash
  }

  private mutating func uniform() -> Float {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    return Float(mixed >> 40) * 0x1p-23 - 1
  }

  mutating func next() -> Float {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let (x, y) = (uniform(), uniform())
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      let factor = (-2 * log(square) / square).squareRoot()
      spare = y * factor
      return x * factor
    }
  }
}

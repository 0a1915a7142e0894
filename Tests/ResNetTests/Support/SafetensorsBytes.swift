import Inference

@testable import ResNet

/// Builds safetensors files by hand, sound ones and others.
struct SafetensorsBytes {
  var header: String
  var data: [UInt8]

  init(header: String, data: [UInt8]) {
    self.header = header
    self.data = data
  }

  /// A sound file of one type of number.
  init(_ tensors: [(name: String, shape: [Int], values: [Float])], as dtype: SafetensorsFile.DType = .float32) {
    var (entries, data): ([String], [UInt8]) = ([], [])
    for (name, shape, values) in tensors {
      let begin = data.count
      for value in values { data += Self.bytes(of: value, as: dtype) }
      let offsets = [begin, data.count]
      entries.append("\"\(name)\":{\"dtype\":\"\(dtype.rawValue)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}")
    }
    self.init(header: "{\(entries.joined(separator: ","))}", data: data)
  }

  /// The whole file.
  var bytes: [UInt8] {
    let json = Array(header.utf8)
    return Self.length(UInt64(json.count)) + json + data
  }

  static func length(_ count: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }

  static func bytes(of value: Float, as dtype: SafetensorsFile.DType) -> [UInt8] {
    let (bits, size): (UInt64, Int) =
      switch dtype {
      case .float64: (Double(value).bitPattern, 8)
      case .float16: (UInt64(Float16(value).bitPattern), 2)
      case .bfloat16:
        // To nearest, ties to even.
        (UInt64((value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)) >> 16), 2)
      default: (UInt64(value.bitPattern), 4)
      }
    return (0..<size).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }
}

/// Collects the tensors that a spec asks for, with He initialisation.
final class CollectingWeights: WeightSource {
  private let initialization: HeInitialization
  private(set) var tensors: [(name: String, shape: [Int], values: [Float])] = []

  init(seed: UInt64) {
    initialization = HeInitialization(seed: seed)
  }

  func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
    let values = initialization.values(named: name, shape: shape, role: role)
    tensors.append((name, shape, values))
    return values
  }

  /// The tensors of a spec.
  static func tensors(
    of spec: ResNetSpec, seed: UInt64 = 1
  ) throws -> [(name: String, shape: [Int], values: [Float])] {
    let weights = CollectingWeights(seed: seed)
    _ = try spec.graph(weights: weights)
    return weights.tensors
  }
}

/// Small networks that tests can afford.
enum TinySpec {
  static let bottleneck = ResNetSpec(
    name: "tiny", stemFilters: 8, block: .bottleneck, depths: [2, 1], filters: [4, 8], classCount: 5)
  static let basic = ResNetSpec(
    name: "tiny", stemFilters: 8, block: .basic, depths: [1, 2], filters: [8, 16], classCount: 5)
}

import Foundation
import Inference

/// A file that make_fixtures.py made, with what ONNX Runtime says of it.
struct ONNXFixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  /// The names of all fixtures.
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  var path: String
  var feed: Tensor
  var outputs: [Tensor]

  init(_ name: String) throws {
    path = Self.folder.appendingPathComponent("\(name).onnx").path
    let bytes = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent("\(name).expected")))
    var offset = 0
    func integer() -> Int {
      defer { offset += 4 }
      return bytes.withUnsafeBytes {
        Int(Int32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
      }
    }
    func shape() -> [Int] { (0..<integer()).map { _ in integer() } }

    let fed = shape()
    let count = fed.reduce(1, *)
    feed = Tensor(shape: fed, values: bytes[offset..<(offset + count)].map { Float(Int8(bitPattern: $0)) / 32 })
    offset += count
    outputs = []
    while offset < bytes.count {
      let shape = shape()
      let values = (0..<shape.reduce(1, *)).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: integer())) }
      outputs.append(Tensor(shape: shape, values: values))
    }
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).onnx")))
  }

  /// The largest difference of two tensors of one shape, over the largest number of the second.
  static func relativeDifference(_ result: Tensor, _ expected: Tensor) -> Float {
    guard result.shape == expected.shape else { return .infinity }
    var difference: Float = 0
    var largest: Float = 1e-6
    for (one, other) in zip(result.values, expected.values) {
      // A NaN must not pass as a small difference.
      difference = abs(one - other) <= difference ? difference : abs(one - other)
      largest = max(largest, abs(other))
    }
    return difference / largest
  }
}

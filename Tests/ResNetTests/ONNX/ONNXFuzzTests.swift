import Foundation
import Inference
import SwiftProtobuf
import Testing

@testable import ResNet

/// Damaged files give an error or a sound graph; nothing else can happen.
@Suite struct ONNXFuzzTests {
  /// SplitMix64.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word >> 31)
    }
  }

  static let names = ONNXFixture.names.filter { !$0.hasPrefix("external") }

  static func generator(_ test: String) -> Generator {
    let seed =
      ProcessInfo.processInfo.environment["KINDRED_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    print("\(test): KINDRED_TEST_SEED=\(seed)")
    return Generator(state: seed)
  }

  static var rounds: Int {
    ProcessInfo.processInfo.environment["KINDRED_TEST_FUZZ_ROUNDS"].flatMap(Int.init) ?? 4000
  }

  /// - Returns: whether it was imported.
  private func check(_ bytes: [UInt8]) -> Bool {
    do throws(WeightFileError) {
      let graph = try ONNXImporter.graph(bytes: bytes)
      var known: Set<String> = [graph.input]
      for node in graph.nodes {
        #expect(node.inputs.allSatisfy(known.contains))
        known.insert(node.output)
      }
      #expect(!graph.outputs.isEmpty && graph.outputs.allSatisfy(known.contains))
      return true
    } catch {
      #expect(!error.reason.isEmpty)
      return false
    }
  }

  @Test func changedBytesDoNoHarm() throws {
    var generator = Self.generator("changed bytes")
    var files: [[UInt8]] = []
    for name in Self.names { files.append(try ONNXFixture.bytes(name)) }
    var imported = 0
    for _ in 0..<Self.rounds {
      var bytes = files.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.remove(at: place)
        case 3: bytes.insert([0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator) ?? 0, at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...64, using: &generator)))
        default:
          let other = Int.random(in: 0..<bytes.count, using: &generator)
          let piece = bytes[other..<min(bytes.count, other + Int.random(in: 1...32, using: &generator))]
          bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
        }
      }
      if check(bytes) { imported += 1 }
    }
    print("\(imported) of \(Self.rounds) were imported all the same")
  }

  @Test func changedMessagesDoNoHarm() throws {
    var generator = Self.generator("changed messages")
    var models: [ONNXModelProto] = []
    for name in Self.names { models.append(try ONNXModelProto(serializedBytes: try ONNXFixture.bytes(name))) }
    var imported = 0
    for _ in 0..<Self.rounds {
      var model = models.randomElement(using: &generator) ?? ONNXModelProto()
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        Self.change(&model, donor: models.randomElement(using: &generator) ?? model, &generator)
      }
      if check(try model.serializedBytes()) { imported += 1 }
    }
    print("\(imported) of \(Self.rounds) were imported all the same")
    #expect(imported > 0)
  }

  static let integers: [Int64] = [
    0, 1, -1, 2, -2, 3, 4, 5, 7, 8, 16, 255, 65535, 65536, 1 << 20, 1 << 31, -(1 << 31), 1 << 40, 1 << 62, .max, .min,
    .min + 1, .max - 1,
  ]
  static let floats: [Float] = [0, -0.0, 1, -1, 0.5, .nan, .infinity, -.infinity, 3e38, -3e38, .leastNonzeroMagnitude]

  /// Changes one thing in a model.
  private static func change(_ model: inout ONNXModelProto, donor: ONNXModelProto, _ generator: inout Generator) {
    func any<T>(_ values: [T]) -> T? { values.randomElement(using: &generator) }
    guard let index = model.graph.node.indices.randomElement(using: &generator) else { return }
    let integer = any(integers) ?? 0
    switch Int.random(in: 0..<14, using: &generator) {
    case 0:
      let values = model.graph.node.flatMap { $0.input + $0.output } + model.graph.initializer.map(\.name)
      guard let place = model.graph.node[index].input.indices.randomElement(using: &generator) else { return }
      model.graph.node[index].input[place] = any(values + ["", "nothing"]) ?? ""
    case 1:
      if let type = any(donor.graph.node)?.opType { model.graph.node[index].opType = type }
    case 2: model.graph.node.remove(at: index)
    case 3: model.graph.node.swapAt(index, Int.random(in: 0..<model.graph.node.count, using: &generator))
    case 4:
      if let attribute = any(donor.graph.node)?.attribute.randomElement(using: &generator) {
        model.graph.node[index].attribute.append(attribute)
      }
    case 5:
      guard let place = model.graph.node[index].attribute.indices.randomElement(using: &generator) else { return }
      model.graph.node[index].attribute[place].i = integer
      model.graph.node[index].attribute[place].f = any(floats) ?? 0
      if let item = model.graph.node[index].attribute[place].ints.indices.randomElement(using: &generator) {
        model.graph.node[index].attribute[place].ints[item] = integer
      }
    case 6: model.graph.node[index].attribute.removeAll()
    case 7, 8:
      guard let place = model.graph.initializer.indices.randomElement(using: &generator),
        let axis = model.graph.initializer[place].dims.indices.randomElement(using: &generator)
      else { return }
      if Bool.random(using: &generator) {
        model.graph.initializer[place].dims[axis] = integer
      } else {
        model.graph.initializer[place].dims.shuffle(using: &generator)
      }
    case 9, 10:
      guard let place = model.graph.initializer.indices.randomElement(using: &generator) else { return }
      let tensor = model.graph.initializer[place]
      if tensor.dataType == 7, tensor.rawData.count >= 8 {
        var data = tensor.rawData
        let item = Int.random(in: 0..<(data.count / 8), using: &generator)
        withUnsafeBytes(of: integer.littleEndian) { data.replaceSubrange((item * 8)..<(item * 8 + 8), with: $0) }
        model.graph.initializer[place].rawData = data
      } else {
        model.graph.initializer[place].dataType = Int32.random(in: -1...24, using: &generator)
      }
    case 11:
      guard let axis = model.graph.input[0].type.tensorType.shape.dim.indices.randomElement(using: &generator) else {
        return
      }
      model.graph.input[0].type.tensorType.shape.dim[axis].dimValue = integer
    case 12: model.opsetImport[0].version = Int64.random(in: 6...22, using: &generator)
    default:
      model.graph.node[index].input.append(any(model.graph.node)?.output.first ?? "")
      model.graph.node[index].output.append(any(model.graph.node)?.output.first ?? "")
    }
  }
}

import Foundation
import Testing

@testable import ResNet

struct DamagedSafetensorsTests {
  private static let sound = SafetensorsBytes([("a", [2, 2], [1, 2, 3, 4]), ("b", [3], [5, 6, 7])])

  private func code(of bytes: [UInt8]) throws -> WeightFileError.Code? {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes)
    do throws(WeightFileError) {
      let file = try SafetensorsFile(contentsOf: path)
      for name in file.names { _ = try file.floats(named: name) }
      return nil
    } catch {
      #expect(error.path == path)
      #expect(!error.reason.isEmpty)
      return error.code
    }
  }

  @Test func everyTruncationIsSeen() throws {
    let bytes = Self.sound.bytes
    #expect(try code(of: bytes) == nil)
    for count in 0..<bytes.count {
      #expect(try code(of: Array(bytes[..<count])) == .truncated, "\(count) of \(bytes.count) bytes")
    }
    #expect(try code(of: bytes + [0]) == .damaged)
  }

  @Test(arguments: [
    UInt64(SafetensorsFile.maximumHeaderBytes) + 1, 1 << 40, UInt64(Int64.max), UInt64(Int64.max) + 1, .max,
  ])
  func headerBombsAreRefused(length: UInt64) throws {
    let bytes = SafetensorsBytes.length(length) + Array(Self.sound.bytes.dropFirst(8))
    #expect(try code(of: bytes) == .tooLarge)
  }

  @Test func deepJSONIsRefused() throws {
    let deep = String(repeating: #"{"a":"#, count: 200_000)
    #expect(try code(of: SafetensorsBytes(header: deep, data: []).bytes) == .damaged)
    let arrays = #"{"a":{"dtype":"F32","shape":"# + String(repeating: "[", count: 200_000)
    #expect(try code(of: SafetensorsBytes(header: arrays, data: []).bytes) == .damaged)
  }

  /// One tensor with the given entry before eight bytes of data.
  @Test(arguments: [
    // Offsets.
    (#""dtype":"F32","shape":[2],"data_offsets":[0,8]"#, nil as WeightFileError.Code?),
    (#""dtype":"F32","shape":[2],"data_offsets":[8,0]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[-8,0]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[0]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[0,4,8]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[8,16]"#, .damaged),
    (#""dtype":"F32","shape":[4],"data_offsets":[0,16]"#, .truncated),
    (#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#, .damaged),
    (#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]"#, .wrongShape),
    (#""dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775808]"#, .damaged),
    (#""dtype":"F32","shape":[2],"data_offsets":[0.5,8]"#, .damaged),
    // Shapes.
    (#""dtype":"F32","shape":[3],"data_offsets":[0,8]"#, .wrongShape),
    (#""dtype":"F32","shape":[],"data_offsets":[0,8]"#, .wrongShape),
    (#""dtype":"F32","shape":[-2],"data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":"2","data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":[null],"data_offsets":[0,8]"#, .damaged),
    // Types.
    (#""dtype":"F33","shape":[2],"data_offsets":[0,8]"#, .wrongShape),
    (#""dtype":"F64","shape":[2],"data_offsets":[0,8]"#, .wrongShape),
    (#""dtype":"I32","shape":[2],"data_offsets":[0,8]"#, .wrongShape),
    (#""dtype":32,"shape":[2],"data_offsets":[0,8]"#, .damaged),
    // What is missing.
    (#""shape":[2],"data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","data_offsets":[0,8]"#, .damaged),
    (#""dtype":"F32","shape":[2]"#, .damaged),
    ("", .damaged),
  ])
  func entriesAreChecked(entry: String, expected: WeightFileError.Code?) throws {
    let file = SafetensorsBytes(header: "{\"a\":{\(entry)}}", data: [UInt8](repeating: 0, count: 8))
    #expect(try code(of: file.bytes) == expected)
  }

  @Test(arguments: [
    "{", "{}x", "{\"a\":1}", "{\"a\":null}", "{\"__metadata__\":1}", "{\"__metadata__\":{\"k\":2}}", "{\"\u{0}",
    "{\"a\":[]}",
  ])
  func otherJSONIsDamage(header: String) throws {
    #expect(try code(of: SafetensorsBytes(header: header, data: []).bytes) == .damaged)
  }

  @Test func bytesOfTwoTensorsMayNotOverlap() throws {
    func file(_ first: [Int], _ second: [Int]) -> SafetensorsBytes {
      func entry(_ offsets: [Int]) -> String {
        "{\"dtype\":\"F32\",\"shape\":[\((offsets[1] - offsets[0]) / 4)],\"data_offsets\":\(offsets)}"
      }
      return SafetensorsBytes(
        header: "{\"a\":\(entry(first)),\"b\":\(entry(second))}", data: [UInt8](repeating: 0, count: 16))
    }
    #expect(try code(of: file([0, 8], [8, 16]).bytes) == nil)
    #expect(try code(of: file([8, 16], [0, 8]).bytes) == nil)
    #expect(try code(of: file([0, 16], [0, 16]).bytes) == .damaged)
    #expect(try code(of: file([0, 12], [8, 16]).bytes) == .damaged)
    #expect(try code(of: file([0, 16], [4, 8]).bytes) == .damaged)
    #expect(try code(of: file([0, 4], [8, 16]).bytes) == .damaged)
  }

  @Test func foreignFilesAreTold() throws {
    let folder = try TemporaryFolder()
    let padding = [UInt8](repeating: 0, count: 64)
    let foreign: [[UInt8]] = [
      [0x50, 0x4B, 0x03, 0x04] + padding, [0x80, 0x02] + padding, [0x89, 0x48, 0x44, 0x46] + padding,
      Array("GGUF".utf8) + padding, Array("version https://git-lfs.github.com/spec/v1\n".utf8),
      [0xff, 0xd8, 0xff, 0xe0] + padding, Array("<!DOCTYPE html><html>".utf8), padding,
    ]
    for bytes in foreign {
      let path = try folder.write(bytes)
      let error = try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: path) }
      #expect(error.code == .unknownFormat, "\(error)")
      #expect(throws: WeightFileError.self) { try SafetensorsFile(contentsOf: path) }
    }
    for bytes in [[], [1, 0, 0]] as [[UInt8]] {
      let path = try folder.write(bytes)
      #expect(try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: path) }.code == .truncated)
    }
    let absent = try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: folder.path + "/absent") }
    #expect(absent.code == .notFound)
    let directory = try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: folder.path) }
    #expect(directory.code == .unreadable)
  }

  @Test func damagedFilesAreToldThroughTheModelToo() throws {
    let folder = try TemporaryFolder()
    let sound = try SafetensorsBytes(CollectingWeights.tensors(of: TinySpec.basic)).bytes
    for count in stride(from: 9, to: sound.count, by: 1 + sound.count / 50) {
      let path = try folder.write(Array(sound[..<count]))
      #expect(try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: path) }.code == .truncated)
    }
    let bomb = try folder.write(SafetensorsBytes.length(.max) + sound.dropFirst(8))
    #expect(try #require(throws: WeightFileError.self) { try ImageModel(contentsOf: bomb) }.code == .tooLarge)
  }

  /// Any change of bytes gives a file or an error, never a crash; memory stays bounded by the checks.
  @Test func mutationsNeverCrash() throws {
    let seed: UInt64 = 20_261_124
    print("mutation seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let sound = try SafetensorsBytes(CollectingWeights.tensors(of: TinySpec.basic)).bytes
    let headerEnd = 8 + sound[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let interesting: [UInt8] = [0, 0xff, 0x7f, 0x80] + Array("0192-{}[]\",:eE.".utf8)
    var failures = 0
    for round in 0..<400 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Mostly in the header: there the structure is.
        let end = round % 4 == 0 ? bytes.count : min(headerEnd, bytes.count)
        let place = Int.random(in: 0..<end, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] = interesting.randomElement(using: &generator) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: place)
        default: bytes.removeLast(Int.random(in: 0..<min(64, bytes.count - 16), using: &generator))
        }
      }
      let path = try folder.write(bytes)
      do {
        _ = try NetworkFile(SafetensorsFile(contentsOf: path)).graph()
      } catch is WeightFileError {
        failures += 1
      }
    }
    // Most changes are seen; those of a weight's bits can't be.
    #expect(failures > 200)
  }
}

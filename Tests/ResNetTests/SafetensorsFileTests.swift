import Foundation
import Testing

@testable import ResNet

struct SafetensorsFileTests {
  private let numbers: [Float] = [0, -0.0, 1, -2.5, 0.333_25, 65_504, 6.1e-5, -1e-3]

  @Test func tensorsAreReadAsWritten() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      SafetensorsBytes([
        ("b", [2, 4], numbers), ("a", [8], numbers.reversed()), ("scalar", [], [3]), ("none", [0], []),
      ])
      .bytes)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(Set(file.names) == ["a", "b", "scalar", "none"])
    #expect(file.names.first == "b")
    #expect(file["b"]?.shape == [2, 4])
    #expect(file["b"]?.dtype == .float32)
    #expect(file["c"] == nil)
    #expect(try file.floats(named: "b") == numbers)
    #expect(try file.floats(named: "a") == numbers.reversed())
    #expect(try file.floats(named: "scalar") == [3])
    #expect(try file.floats(named: "none") == [])
    #expect(try file.rawBytes(named: "scalar") == [0, 0, 0x40, 0x40])
  }

  @Test(arguments: [
    (SafetensorsFile.DType.float16, Float(1e-3)), (.bfloat16, 8e-3), (.float64, 0),
  ])
  func otherFloatsAreConverted(dtype: SafetensorsFile.DType, tolerance: Float) throws {
    // More than one piece of the conversion.
    let many = (0..<300_000).map { numbers[$0 % 8] }
    let folder = try TemporaryFolder()
    let path = try folder.write(SafetensorsBytes([("x", [8], numbers), ("y", [300_000], many)], as: dtype).bytes)
    let file = try SafetensorsFile(contentsOf: path)
    let read = try file.floats(named: "x")
    for (left, right) in zip(read, numbers) {
      #expect(abs(left - right) <= tolerance * abs(right))
    }
    #expect(try file.floats(named: "y") == (0..<300_000).map { read[$0 % 8] })
  }

  /// Values from the formats' definitions: subnormal, largest, one third.
  @Test func halfPrecisionIsExact() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"#
      + #""data_offsets":[8,12]}}"#
    let data: [UInt8] = [0x01, 0x00, 0xff, 0x7b, 0x55, 0x35, 0x00, 0xbc, 0x80, 0x3f, 0x00, 0xc0]
    let file = try SafetensorsFile(contentsOf: folder.write(SafetensorsBytes(header: header, data: data).bytes))
    #expect(try file.floats(named: "h") == [0x1p-24, 65_504, 0.333_251_953_125, -1])
    #expect(try file.floats(named: "b") == [1, -2])
  }

  @Test func numbersThatAreNotFiniteAreDamage() throws {
    let folder = try TemporaryFolder()
    for bad in [Float.infinity, -.infinity, .nan, .signalingNaN] {
      for index in [0, 1, 8191, 8192, 9_000, 10_000] {
        var values = [Float](repeating: .greatestFiniteMagnitude, count: 10_001)
        values[index] = bad
        let path = try folder.write(SafetensorsBytes([("ok", [1], [1]), ("weights", [10_001], values)]).bytes)
        let file = try SafetensorsFile(contentsOf: path)
        #expect(try file.floats(named: "ok") == [1])
        let error = try #require(throws: WeightFileError.self) { try file.floats(named: "weights") }
        #expect(error.code == .damaged)
        #expect(error.place == "weights")
        #expect(error.reason.contains("number \(index) of"))
      }
    }
  }

  @Test func integersAreListedButAreNotWeights() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
      + #""m":{"dtype":"U8","shape":[2,2],"data_offsets":[8,12]}}   "#
    let file = try SafetensorsFile(
      contentsOf: folder.write(SafetensorsBytes(header: header, data: [UInt8](1...12)).bytes))
    #expect(file.metadata == ["format": "pt"])
    #expect(file["n"]?.dtype == .int64)
    #expect(try file.rawBytes(named: "m") == [9, 10, 11, 12])
    #expect(throws: WeightFileError.self) { try file.floats(named: "n") }
    let missing = try #require(throws: WeightFileError.self) { try file.floats(named: "q") }
    #expect(missing.code == .missingTensor)
  }

  @Test func theWriterStreams() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/out.safetensors"
    let writer = try SafetensorsWriter(
      path: path, tensors: [("first \"quoted\"\n", [2, 3]), ("second", [4]), ("empty", [0, 2])],
      metadata: ["key": "värde \\ \u{1}"])
    try writer.append([1, 2])
    try writer.append([3, 4, 5, 6, 7])
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(throws: WeightFileError.self) { try writer.append([0, 0, 0, 0]) }
    #expect(throws: WeightFileError.self) { try writer.finish() }
    try writer.append([8, 9, 10])
    try writer.finish()
    let file = try SafetensorsFile(contentsOf: path)
    #expect(try file.floats(named: "first \"quoted\"\n") == [1, 2, 3, 4, 5, 6])
    #expect(try file.floats(named: "second") == [7, 8, 9, 10])
    #expect(file["empty"]?.shape == [0, 2])
    #expect(file.metadata == ["key": "värde \\ \u{1}"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.safetensors"])
  }

  @Test func anUnfinishedFileLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try SafetensorsWriter(path: folder.path + "/out.safetensors", tensors: [("a", [2])])
      try writer.append([1])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let error = try #require(throws: WeightFileError.self) {
      try SafetensorsWriter(path: folder.path + "/absent/out.safetensors", tensors: [("a", [2])])
    }
    #expect(error.code == .unwritable)
    #expect(throws: WeightFileError.self) {
      try SafetensorsWriter(path: folder.path + "/out", tensors: [("a", [2]), ("a", [2])])
    }
    #expect(throws: WeightFileError.self) {
      try SafetensorsWriter(path: folder.path + "/out", tensors: [("a", [.max, 2])])
    }
  }

  @Test func referenceFilesOpen() throws {
    guard let path = SharedData.path("golden/reference.safetensors") else { return }
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file["cropped_rgb_u8"]?.shape == [40, 224, 224, 3])
    #expect(file["cropped_rgb_u8"]?.dtype == .uint8)
    #expect(try file.floats(named: "resnet18.features").count == 40 * 512)
    #expect(file.metadata["images"] != nil)
  }
}

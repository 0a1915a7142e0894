import Foundation
import Inference
import SwiftProtobuf
import Testing

@testable import ResNet

@Suite final class ONNXFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ bytes: some Sequence<UInt8>, _ name: String = "model.onnx") throws -> String {
    let path = folder.appendingPathComponent(name).path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func code(_ path: String) -> WeightFileError.Code? {
    do throws(WeightFileError) {
      _ = try ONNXImporter.graph(contentsOf: path)
      return nil
    } catch {
      #expect(error.path == path)
      return error.code
    }
  }

  @Test func pathsThatAreNoFilesAreRefused() throws {
    #expect(code(folder.appendingPathComponent("none.onnx").path) == .notFound)
    #expect(code(folder.path) == .unreadable)
    #expect(code(try write([])) == .truncated)
    #expect(code(try write("not a model, whatever it is called".utf8)) != nil)
    let pipe = folder.appendingPathComponent("pipe").path
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(code(pipe) == .unreadable)
  }

  @Test func filesOverTwoGibibytesAreRefusedUnread() throws {
    let path = try write([0x08])
    // The file is one long hole that takes no room on the disk.
    try #require(truncate(path, 1 << 31) == 0)
    #expect(code(path) == .tooLarge)
  }

  @Test func noPrefixOfAFileIsAModel() throws {
    let bytes = try ONNXFixture.bytes("net-caffe2-9")
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: WeightFileError.self) { try ONNXImporter.graph(bytes: Array(bytes[..<count])) }
    }
  }

  @Test func itIsToldFromOtherFormats() throws {
    for name in ONNXFixture.names { #expect(ONNXImporter.looksLikeONNX(try ONNXFixture.bytes(name).prefix(16))) }
    #expect(!ONNXImporter.looksLikeONNX([]))
    #expect(!ONNXImporter.looksLikeONNX(Array("PK\u{3}\u{4} a zip file".utf8)))
    // safetensors: the length of the header, then its brace; a header of 0x108 bytes begins with 8 and 1.
    #expect(!ONNXImporter.looksLikeONNX([8, 1, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0x5f, 0x5f]))
  }

  private func external(_ entries: [String: String], shape: [Int64] = [3, 1, 1]) throws -> String {
    let model = ONNXDraft.model(
      [ONNXDraft.node("Mul", ["input", "w"])], tensors: [ONNXDraft.external("w", shape, entries)])
    return try write(try model.serializedBytes() as [UInt8])
  }

  @Test func dataBesideTheModelIsRead() throws {
    let numbers: [Float] = [9, 1, 2, 3]
    _ = try write(
      numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian, Array.init) }, "w.bin")
    let graph = try ONNXImporter.graph(
      contentsOf: external(["location": "w.bin", "offset": "4", "length": "12"]))
    #expect(graph.nodes.map(\.operation) == [.channelAffine(scale: [1, 2, 3], shift: [0, 0, 0])])
    #expect(code(try external(["location": "w.bin", "offset": "8"])) == .truncated)
    #expect(code(try external(["location": "w.bin", "offset": "\(Int.max)"])) == .truncated)
    #expect(code(try external(["location": "w.bin", "offset": "-4"])) == .damaged)
    #expect(code(try external(["location": "w.bin", "offset": "99999999999999999999"])) == .damaged)
    #expect(code(try external(["location": "w.bin", "length": "16"])) == .damaged)
    #expect(code(try external(["location": "w.bin"], shape: [1 << 40, 1, 1])) == .truncated)
    #expect(code(try external(["location": "none.bin"])) == .notFound)
    #expect(code(try external([:])) == .damaged)
  }

  @Test func dataElsewhereIsNotRead() throws {
    _ = try write([UInt8](repeating: 0, count: 64), "w.bin")
    let inner = folder.appendingPathComponent("inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    for location in ["../w.bin", folder.appendingPathComponent("w.bin").path, "inner/../w.bin", "..", ".", "", "a\\b"] {
      #expect(code(try external(["location": location])) == .unsupportedOperator)
    }
    #expect(code(try external(["location": "inner"])) == .unreadable)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("link"), withDestinationURL: folder.appendingPathComponent("w.bin"))
    #expect(code(try external(["location": "link"])) == .unreadable)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: external(["location": "w.bin"]))))
    #expect(throws: WeightFileError.self) { try ONNXImporter.graph(bytes: bytes) }
  }

  @Test func oneFileCanNotBeReadAgainAndAgain() throws {
    _ = try write([UInt8](repeating: 0, count: 12), "w.bin")
    let names = (0..<3).map { "w\($0)" }
    var nodes: [ONNXNodeProto] = []
    for (index, name) in names.enumerated() {
      nodes.append(ONNXDraft.node("Add", [index == 0 ? "input" : "v\(index)", name], "v\(index + 1)"))
    }
    nodes.append(ONNXDraft.node("Relu", ["v3"]))
    let tensors = names.map { ONNXDraft.external($0, [3, 1, 1], ["location": "w.bin"]) }
    let model = ONNXDraft.model(nodes, tensors: tensors)
    #expect(code(try write(try model.serializedBytes() as [UInt8])) == .tooLarge)
  }
}

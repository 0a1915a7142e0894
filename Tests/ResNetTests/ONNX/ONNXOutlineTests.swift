import Foundation
import SwiftProtobuf
import Testing

@testable import ResNet

/// A file's outline with its raw data put back is the file.
@Suite struct ONNXOutlineTests {
  private func parsed(_ bytes: [UInt8]) throws -> ONNXModelProto {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    return try ONNXModelProto(serializedBytes: bytes, partial: true, options: options)
  }

  /// Bytes, in which numbers that are none are equal too.
  private func whole(_ bytes: [UInt8]) throws -> [UInt8] { try parsed(bytes).serializedBytes() }

  private func restored(_ bytes: ONNXBytes, most: Int) throws -> [UInt8] {
    let outline = try ONNXOutline(bytes, most: most)
    var model = try parsed(outline.message)
    for (number, place) in outline.places {
      #expect(place.count > most)
      model.graph.initializer[number].rawData = Data(try bytes.bytes(place))
    }
    return try model.serializedBytes()
  }

  @Test(arguments: ONNXFixture.names) func fixturesAreWhole(_ name: String) throws {
    let bytes = try ONNXFixture.bytes(name)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("outline-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let whole = try whole(bytes)
    for most in [0, 16, 4_096] {
      #expect(try restored(ONNXBytes(bytes), most: most) == whole)
      #expect(try restored(ONNXBytes(contentsOf: path), most: most) == whole)
    }
    let outline = try ONNXOutline(ONNXBytes(bytes), most: 16)
    #expect(try outline.places.count == parsed(bytes).graph.initializer.count { $0.rawData.count > 16 })
  }

  /// A graph in two parts, and a tensor whose raw data is there twice, are merged as parsers do.
  @Test func repeatedFieldsAreMerged() throws {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(content.count)] + content }
    let (short, long) = (field(9, [1, 2]), field(9, [3, 4, 5, 6]))
    let name = field(8, Array("w".utf8))
    let bytes =
      field(7, field(5, long + name + short)) + [0x08, 0x07] + field(7, field(5, short + long) + field(5, name + long))
    for most in [0, 3, 9] { #expect(try restored(ONNXBytes(bytes), most: most) == whole(bytes)) }
    #expect(try ONNXOutline(ONNXBytes(bytes), most: 3).places.keys.sorted() == [1, 2])
  }

  /// Damaged files are read as they are read whole, or refused by the parser either way.
  @Test func changedBytesChangeBothAlike() throws {
    var generator = ONNXFuzzTests.generator("changed outlines")
    let files = try ONNXFuzzTests.names.map { try ONNXFixture.bytes($0) }
    var (sound, refused) = (0, 0)
    for _ in 0..<ONNXFuzzTests.rounds {
      var bytes = files.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        if Bool.random(using: &generator) {
          bytes[place] = UInt8.random(in: 0...255, using: &generator)
        } else {
          bytes.remove(at: place)
        }
      }
      if let whole = try? whole(bytes) {
        #expect(try restored(ONNXBytes(bytes), most: Int.random(in: 0...64, using: &generator)) == whole)
        sound += 1
      } else {
        #expect(throws: (any Error).self) { try parsed(ONNXOutline(ONNXBytes(bytes), most: 16).message) }
        refused += 1
      }
    }
    #expect(sound > 0 && refused > 0)
  }
}

import Foundation

/// JSON behind the count of its bytes (32 bits, little-endian), for files that a program keeps for itself. Numbers may
/// be infinite.
package enum FramedJSON {
  /// `nil` for what is no JSON.
  package static func bytes(_ value: some Encodable) -> [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "?")
    guard let json = try? encoder.encode(value), let count = UInt32(exactly: json.count) else { return nil }
    return withUnsafeBytes(of: count.littleEndian, Array.init) + json
  }

  /// Takes a value from the beginning of bytes; `nil` where they don't begin with one.
  package static func take<Value: Decodable>(_: Value.Type, from bytes: inout ArraySlice<UInt8>) -> Value? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "?")
    return part(behind: UInt32.self, of: &bytes).flatMap { try? decoder.decode(Value.self, from: Data($0)) }
  }

  /// Takes the bytes that stand behind their count; `nil` where there are fewer.
  static func part<Count: FixedWidthInteger & UnsignedInteger>(
    behind _: Count.Type, of bytes: inout ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    let size = MemoryLayout<Count>.size
    guard bytes.count >= size else { return nil }
    let count = bytes.withUnsafeBytes { Count(littleEndian: $0.loadUnaligned(as: Count.self)) }
    let rest = bytes.dropFirst(size)
    guard count <= rest.count else { return nil }
    bytes = rest.dropFirst(Int(count))
    return rest.prefix(Int(count))
  }
}

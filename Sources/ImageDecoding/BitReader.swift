/// Reads bits from the most significant on; past the end they are `nil`.
struct BitReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func bits(_ count: Int) -> Int? {
    guard count >= 0, count < 63, position + count <= bytes.count * 8 else { return nil }
    var value = 0
    for _ in 0..<count {
      value = value << 1 | Int(bytes[position / 8] >> UInt8(7 - position % 8) & 1)
      position += 1
    }
    return value
  }

  mutating func flag() -> Bool? { bits(1).map { $0 == 1 } }

  mutating func skip(_ count: Int) { position += count }

  /// A number after as many zeros as it has more bits: HEVC's `ue(v)` and AV1's `uvlc`.
  mutating func exponentialGolomb() -> Int? {
    var zeros = 0
    while let bit = flag() {
      if bit { return bits(zeros).map { $0 + (1 << zeros) - 1 } }
      zeros += 1
      if zeros > 32 { return nil }
    }
    return nil
  }
}

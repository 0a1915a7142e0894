import CHNSW
import Testing

@Suite struct ChecksumTests {
  /// The check value of CRC-32C, and the vectors of RFC 3720, B.4.
  @Test func knownValues() {
    let cases: [([UInt8], UInt32)] = [
      ([], 0), (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
      (Array((0..<32).reversed()), 0x113F_DB5C),
    ]
    for (bytes, checksum) in cases {
      #expect(kindred_crc32c(0, bytes, bytes.count) == checksum)
      #expect(kindred_crc32c_portable(0, bytes, bytes.count) == checksum)
    }
  }

  @Test func instructionAndTableAgree() {
    var generator = SeededGenerator(seed: 3)
    let bytes = (0..<600).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    bytes.withUnsafeBytes { bytes in
      for start in 0..<9 {
        for count in 0..<70 {
          let part = bytes.baseAddress! + start
          let whole = kindred_crc32c(0, part, count)
          #expect(whole == kindred_crc32c_portable(0, part, count))
          // In two parts it is the same.
          let half = count / 3
          #expect(whole == kindred_crc32c(kindred_crc32c(0, part, half), part + half, count - half))
        }
      }
    }
  }
}

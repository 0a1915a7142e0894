internal import CHNSW

/// CRC-32C (Castagnoli), by the processor's instruction where it has one.
enum Checksum {
  static func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 { kindred_crc32c(0, bytes.baseAddress, bytes.count) }
}

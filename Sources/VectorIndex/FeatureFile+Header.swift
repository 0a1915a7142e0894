extension FeatureFile {
  /// The first 64 bytes of a feature file; `index/README.md` has the layout.
  struct Header {
    static let size = 64
    static let magic: [UInt8] = Array("KNDFEATR".utf8)
    static let formatVersion: UInt32 = 1
    static let float32: UInt32 = 1

    var dimension: Int

    var bytes: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: Self.size)
      bytes.replaceSubrange(0..<8, with: Self.magic)
      bytes.put(Self.formatVersion, at: 8)
      bytes.put(UInt32(Self.size), at: 12)
      bytes.put(UInt32(dimension), at: 16)
      bytes.put(Self.float32, at: 20)
      bytes.put(bytes[..<60].withUnsafeBytes(Checksum.crc32c), at: 60)
      return bytes
    }

    init(dimension: Int, path: String) throws(VectorIndexError) {
      guard FeatureFile.dimensions.contains(dimension) else {
        throw VectorIndexError(
          code: .invalidArgument, path: path,
          reason: "a dimension of \(dimension) is not among \(FeatureFile.dimensions)")
      }
      self.dimension = dimension
    }

    /// Reads what may come from anywhere.
    init(bytes: [UInt8], path: String) throws(VectorIndexError) {
      func damaged(_ reason: String) -> VectorIndexError {
        VectorIndexError(code: .damaged, path: path, reason: reason)
      }
      guard bytes.starts(with: Self.magic) else {
        // A creation that was interrupted leaves a file without its header.
        if bytes.isEmpty { throw damaged("the file is empty; make it anew") }
        throw VectorIndexError(code: .foreign, path: path, reason: "not a Kindred feature file")
      }
      guard bytes.count == Self.size else { throw damaged("the header is cut off") }
      let version = bytes.uint32(at: 8)
      guard version == Self.formatVersion else {
        throw VectorIndexError(
          code: .unknownVersion, path: path,
          reason: "format version \(version), but this program knows only version \(Self.formatVersion)")
      }
      guard bytes[..<60].withUnsafeBytes(Checksum.crc32c) == bytes.uint32(at: 60) else {
        throw damaged("the header's checksum is wrong")
      }
      guard bytes.uint32(at: 12) == UInt32(Self.size) else {
        throw damaged("the header has another size than format version 1 says")
      }
      guard bytes.uint32(at: 20) == Self.float32 else { throw damaged("unknown type of numbers") }
      let dimension = Int(bytes.uint32(at: 16))
      guard FeatureFile.dimensions.contains(dimension) else {
        throw damaged("a dimension of \(dimension) is not among \(FeatureFile.dimensions)")
      }
      self.dimension = dimension
    }
  }
}

extension [UInt8] {
  fileprivate mutating func put(_ value: UInt32, at offset: Int) {
    for byte in 0..<4 { self[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }

  fileprivate func uint32(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << UInt32(8 * $1) }
  }
}

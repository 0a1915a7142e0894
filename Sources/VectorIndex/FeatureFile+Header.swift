extension FeatureFile {
  /// The first 64 bytes of a feature file; `index/README.md` has the layout.
  struct Header {
    static let size = 64
    static let magic: [UInt8] = Array("KNDFEATR".utf8)

    var layout: RowLayout

    /// Of the file's format: plain rows stay what they were in the first, so that older programs read them.
    private var version: UInt32 { layout.numbers == .float32 ? 1 : 2 }

    var bytes: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: Self.size)
      bytes.replaceSubrange(0..<8, with: Self.magic)
      bytes.put(version, at: 8)
      bytes.put(UInt32(Self.size), at: 12)
      bytes.put(UInt32(layout.dimension), at: 16)
      bytes.put(layout.numbers.rawValue, at: 20)
      if version == 2 {
        bytes.put(UInt32(layout.viewCount), at: 24)
        bytes.put(UInt32(layout.classCount), at: 28)
        bytes.put(UInt32(layout.keptClasses), at: 32)
        bytes.put(UInt32(layout.rowBytes), at: 36)
      }
      bytes.put(bytes[..<60].withUnsafeBytes(Checksum.crc32c), at: 60)
      return bytes
    }

    init(layout: RowLayout, path: String) throws(VectorIndexError) {
      if let fault = layout.fault { throw VectorIndexError(code: .invalidArgument, path: path, reason: fault) }
      self.layout = layout
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
      guard version == 1 || version == 2 else {
        throw VectorIndexError(
          code: .unknownVersion, path: path,
          reason: "format version \(version), but this program knows only versions 1 and 2")
      }
      guard bytes[..<60].withUnsafeBytes(Checksum.crc32c) == bytes.uint32(at: 60) else {
        throw damaged("the header's checksum is wrong")
      }
      guard bytes.uint32(at: 12) == UInt32(Self.size) else {
        throw damaged("the header has another size than format version \(version) says")
      }
      guard let numbers = RowLayout.Numbers(rawValue: bytes.uint32(at: 20)),
        numbers == (version == 1 ? .float32 : .float16)
      else { throw damaged("unknown type of numbers") }
      let dimension = Int(bytes.uint32(at: 16))
      layout =
        version == 1
        ? RowLayout(dimension: dimension)
        : RowLayout(
          dimension: dimension, viewCount: Int(bytes.uint32(at: 24)), classCount: Int(bytes.uint32(at: 28)),
          keptClasses: Int(bytes.uint32(at: 32)))
      if let fault = layout.fault { throw damaged(fault) }
      guard version == 1 || Int(bytes.uint32(at: 36)) == layout.rowBytes else { throw damaged("rows of another size") }
    }
  }
}

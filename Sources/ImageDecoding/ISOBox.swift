/// One box of an ISO base media file.
///
/// Source: ISO/IEC 14496-12, section 4.2.
struct ISOBox {
  var type: String
  var payload: ByteView

  /// The payload of a box with version and flags, and these.
  var full: (version: Int, flags: Int, payload: ByteView)? {
    guard let version = payload[0], let flags = payload.unsigned(at: 1, byteCount: 3),
      let rest = payload.view(from: 4)
    else { return nil }
    return (Int(version), flags, rest)
  }

  /// The boxes in a stretch of bytes.
  /// - Parameter allowsTrailer: Bytes after the last box that don't look like one are let be; cameras add them.
  /// - Throws: `truncated` where one reaches beyond the end, `corrupt` where a size can't be.
  static func boxes(in view: ByteView, allowsTrailer: Bool = false) throws(DecodingFault) -> [ISOBox] {
    var boxes = [ISOBox]()
    var offset = 0
    while offset < view.count {
      if allowsTrailer {
        guard let type = view.view(at: offset + 4, count: 4)?.array, type.allSatisfy({ (0x20...0x7E).contains($0) })
        else { break }
      }
      guard let shortSize = view.unsigned(at: offset, byteCount: 4), let type = view.fourCharacterCode(at: offset + 4)
      else { throw DecodingFault(.truncated, "truncated HEIF: the file ends in a box's header") }
      var (size, headerSize) = (shortSize, 8)
      if shortSize == 0 {
        size = view.count - offset
      } else if shortSize == 1 {
        guard let high = view.unsigned(at: offset + 8, byteCount: 4), high < 1 << 30,
          let low = view.unsigned(at: offset + 12, byteCount: 4)
        else { throw DecodingFault(.corrupt, "bad HEIF: a box of an impossible size") }
        (size, headerSize) = (high << 32 | low, 16)
      }
      guard size >= headerSize else { throw DecodingFault(.corrupt, "bad HEIF: a box smaller than its header") }
      guard let payload = view.view(at: offset + headerSize, count: size - headerSize) else {
        throw DecodingFault(.truncated, "truncated HEIF: the file ends in a box")
      }
      boxes.append(ISOBox(type: type, payload: payload))
      offset += size
    }
    return boxes
  }
}

/// Reads numbers of varying widths one after the other; past the end, and on, they are `nil`.
struct ByteCursor {
  let view: ByteView
  private(set) var offset = 0

  init(_ view: ByteView) { self.view = view }

  /// The next big-endian number of up to 8 bytes, or `nil` where it doesn't fit an `Int`; 0 for no bytes.
  mutating func unsigned(_ byteCount: Int) -> Int? {
    guard let value = view.unsigned(at: offset, byteCount: byteCount), value >= 0 else { return nil }
    offset += byteCount
    return value
  }
}

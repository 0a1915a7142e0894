/// A bounds-checked window on a file's bytes, with multi-byte reads in either byte order.
///
/// Offsets come from strangers: a read outside the window gives `nil`.
struct ByteView {
  private let bytes: [UInt8]
  private let start: Int
  let count: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    start = 0
    count = bytes.count
  }

  private init(bytes: [UInt8], start: Int, count: Int) {
    self.bytes = bytes
    self.start = start
    self.count = count
  }

  subscript(offset: Int) -> UInt8? {
    guard offset >= 0, offset < count else { return nil }
    return bytes[start + offset]
  }

  /// The part of `count` bytes at `offset`, or `nil` where it reaches outside.
  func view(at offset: Int, count: Int) -> ByteView? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else { return nil }
    return ByteView(bytes: bytes, start: start + offset, count: count)
  }

  /// Everything from `offset` on.
  func view(from offset: Int) -> ByteView? {
    view(at: offset, count: count - offset)
  }

  func unsigned(at offset: Int, byteCount: Int, littleEndian: Bool = false) -> Int? {
    guard let part = view(at: offset, count: byteCount) else { return nil }
    var value = 0
    for index in 0..<byteCount {
      value = value << 8 | Int(part.bytes[part.start + (littleEndian ? byteCount - 1 - index : index)])
    }
    return value
  }

  func hasPrefix(_ prefix: StaticString, at offset: Int = 0) -> Bool {
    guard let part = view(at: offset, count: prefix.utf8CodeUnitCount) else { return false }
    return prefix.withUTF8Buffer { expected in
      part.bytes[part.start..<part.start + part.count].elementsEqual(expected)
    }
  }

  /// Four characters, as ISO media files and PNG name their parts.
  func fourCharacterCode(at offset: Int) -> String? {
    guard let part = view(at: offset, count: 4) else { return nil }
    return String(decoding: part.bytes[part.start..<part.start + 4], as: UTF8.self)
  }

  var array: [UInt8] { Array(bytes[start..<start + count]) }
}

import CSPNG

/// What a walk along a PNG file's chunks tells without decoding them.
///
/// Source: PNG third edition, 5.3 (layout) and 11.3.4.5 (eXIf).
struct PNGChunks {
  /// From the eXIf chunk, wherever it is. Its checksum doesn't matter: bad EXIF is the same as none.
  private(set) var exif = EXIF()
  /// The file ends within a chunk or without an end chunk.
  private(set) var areCut = true
  /// Stretches of the file that the samples depend on: the signature, critical chunks and transparency. Texts,
  /// profiles and the like are left out, as libspng would inflate and hold them.
  private(set) var essentials = [0..<8]

  init(_ view: ByteView) {
    var offset = 8
    while let length = view.unsigned(at: offset, byteCount: 4), let type = view.fourCharacterCode(at: offset + 4) {
      if type == "eXIf", let block = view.view(at: offset + 8, count: length) { exif = EXIF(block: block) }
      let isCritical = view[offset + 4].map { $0 & 0x20 == 0 } == true
      let end = min(offset + 12 + length, view.count)
      if isCritical || type == "tRNS" { keep(offset..<end) }
      offset += 12 + length
      if type == "IEND" {
        areCut = offset > view.count
        return
      }
    }
    keep(min(offset, view.count)..<view.count)
  }

  private mutating func keep(_ range: Range<Int>) {
    if let last = essentials.last, last.upperBound == range.lowerBound {
      essentials[essentials.count - 1] = last.lowerBound..<range.upperBound
    } else {
      essentials.append(range)
    }
  }
}

/// Hands stretches of a file to libspng one after the other; the bytes must outlive it.
final class PNGStream {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var ranges: [Range<Int>]
  private var index = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, ranges: [Range<Int>]) {
    self.bytes = bytes
    self.ranges = ranges.map { $0.clamped(to: 0..<bytes.count) }
  }

  /// libspng's read function; `user` is the stream, unretained.
  static let read: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int) -> Int32 = {
    _, user, target, count in
    guard let user, let target else { return SPNG_IO_ERROR.rawValue }
    return Unmanaged<PNGStream>.fromOpaque(user).takeUnretainedValue().copy(to: target, count: count)
      ? 0 : SPNG_IO_EOF.rawValue
  }

  private func copy(to target: UnsafeMutableRawPointer, count: Int) -> Bool {
    var filled = 0
    while filled < count {
      guard index < ranges.count else { return false }
      let range = ranges[index]
      let part = min(range.count, count - filled)
      if part > 0, let base = bytes.baseAddress {
        (target + filled).copyMemory(from: base + range.lowerBound, byteCount: part)
      }
      filled += part
      ranges[index] = range.dropFirst(part)
      if ranges[index].isEmpty { index += 1 }
    }
    return true
  }
}

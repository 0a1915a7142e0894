/// Finds the EXIF block among a JPEG file's marker segments, without libjpeg copying every one.
enum JPEGSegments {
  /// Source: ITU-T T.81, annex B.1.1.
  static func exif(in view: ByteView) -> EXIF {
    var offset = 2
    while let marker = view[offset + 1], let lead = view[offset] {
      // Any number of 0xFF may stand before a marker, and libjpeg skips stray bytes too.
      guard lead == 0xFF, marker != 0xFF, marker != 0x00 else {
        offset += 1
        continue
      }
      let standsAlone = marker == 0x01 || (0xD0...0xD8).contains(marker)
      if standsAlone {
        offset += 2
        continue
      }
      let isEndOrScan = marker == 0xD9 || marker == 0xDA
      guard !isEndOrScan, let length = view.unsigned(at: offset + 2, byteCount: 2), length >= 2 else { break }
      if marker == 0xE1, view.hasPrefix("Exif\0", at: offset + 4),
        let block = view.view(at: offset + 4, count: min(length - 2, view.count - offset - 4))
      {
        return EXIF(block: block)
      }
      offset += 2 + length
    }
    return EXIF()
  }
}

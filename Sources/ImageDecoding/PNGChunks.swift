/// What a walk along a PNG file's chunks tells without decoding them.
///
/// Source: PNG third edition, 5.3 (layout) and 11.3.4.5 (eXIf).
struct PNGChunks {
  /// From the eXIf chunk, wherever it is. Its checksum doesn't matter: bad EXIF is the same as none.
  private(set) var exif = EXIF()
  /// The file ends within a chunk or without an end chunk.
  private(set) var areCut = true

  init(_ view: ByteView) {
    var offset = 8
    while let length = view.unsigned(at: offset, byteCount: 4), let type = view.fourCharacterCode(at: offset + 4) {
      if type == "eXIf", let block = view.view(at: offset + 8, count: length) { exif = EXIF(block: block) }
      offset += 12 + length
      if type == "IEND" {
        areCut = offset > view.count
        return
      }
    }
  }
}

/// The size of the pictures that an AV1 item will have the decoder make.
///
/// Source: AV1 Bitstream & Decoding Process, sections 5.3 (units), 5.5 (sequence header) and 5.9.2 (frame header).
enum AV1Headers {
  /// The largest picture that the sequence headers allow, or, where a frame may choose a size of its own, that the
  /// size's bits can say.
  static func largestPicture(inItem view: ByteView) -> PictureBound {
    var bound = PictureBound()
    var sequence: SequenceHeader?
    var offset = 0
    while let header = view[offset] {
      let (type, hasExtension, hasSize) = (Int(header >> 3) & 0xF, header & 4 != 0, header & 2 != 0)
      offset += hasExtension ? 2 : 1
      var size = view.count - offset
      if hasSize {
        guard let coded = variableLength(view, &offset) else { break }
        size = coded
      }
      guard let payload = view.view(at: offset, count: size) else { break }
      offset += size
      guard let head = payload.view(at: 0, count: min(payload.count, 512))?.array else { break }
      if type == 1, let read = SequenceHeader(head) {
        sequence = read
        bound.include(width: read.width, height: read.height)
      }
      if type == 3 || type == 6, let sequence, sequence.framesChooseSize(head) {
        bound.include(width: 1 << sequence.widthBits, height: 1 << sequence.heightBits)
      }
    }
    return bound
  }

  /// `leb128`.
  private static func variableLength(_ view: ByteView, _ offset: inout Int) -> Int? {
    var value = 0
    for index in 0..<8 {
      guard let byte = view[offset] else { return nil }
      offset += 1
      value |= Int(byte & 0x7F) << (7 * index)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  private struct SequenceHeader {
    var width = 0
    var height = 0
    var widthBits = 0
    var heightBits = 0
    private var isReduced = false
    private var timeBits: Int?
    private var frameIdentifierBits = 0
    private var screenContentTools = 2
    private var integerMotion = 2

    init?(_ bytes: [UInt8]) {
      var reader = BitReader(bytes)
      reader.skip(4)
      guard let reduced = reader.flag() else { return nil }
      isReduced = reduced
      if reduced {
        reader.skip(5)
      } else {
        guard readOperatingPoints(&reader) else { return nil }
      }
      guard let widthBits = reader.bits(4), let heightBits = reader.bits(4), let width = reader.bits(widthBits + 1),
        let height = reader.bits(heightBits + 1)
      else { return nil }
      (self.widthBits, self.heightBits) = (widthBits + 1, heightBits + 1)
      (self.width, self.height) = (width + 1, height + 1)
      if !reduced { readTools(&reader) }
    }

    private mutating func readOperatingPoints(_ reader: inout BitReader) -> Bool {
      var delayBits = 0
      var hasDecoderModel = false
      if reader.flag() == true {
        reader.skip(64)
        let equalIntervals = reader.flag() == true
        if equalIntervals { _ = reader.exponentialGolomb() }
        hasDecoderModel = reader.flag() == true
        if hasDecoderModel {
          guard let delay = reader.bits(5) else { return false }
          reader.skip(32 + 5)
          guard let time = reader.bits(5) else { return false }
          delayBits = delay + 1
          timeBits = equalIntervals ? nil : time + 1
        }
      }
      guard let hasDisplayDelay = reader.flag(), let pointCount = reader.bits(5) else { return false }
      for _ in 0...pointCount {
        reader.skip(12)
        guard let level = reader.bits(5) else { return false }
        if level > 7 { reader.skip(1) }
        if hasDecoderModel, reader.flag() == true { reader.skip(2 * delayBits + 1) }
        if hasDisplayDelay, reader.flag() == true { reader.skip(4) }
      }
      return true
    }

    private mutating func readTools(_ reader: inout BitReader) {
      if reader.flag() == true, let delta = reader.bits(4), let additional = reader.bits(3) {
        frameIdentifierBits = delta + additional + 3
      }
      reader.skip(3 + 4)
      if reader.flag() == true { reader.skip(2) }
      screenContentTools = reader.flag() == true ? 2 : reader.bits(1) ?? 2
      if screenContentTools > 0 {
        integerMotion = reader.flag() == true ? 2 : reader.bits(1) ?? 2
      }
    }

    /// Whether a frame with this header says that its size is not the sequence's.
    func framesChooseSize(_ bytes: [UInt8]) -> Bool {
      if isReduced { return false }
      var reader = BitReader(bytes)
      if reader.flag() == true { return false }
      guard let frameType = reader.bits(2), let isShown = reader.flag() else { return false }
      let (key, switching) = (0, 3)
      if frameType == switching { return true }
      if isShown, let timeBits { reader.skip(timeBits) }
      if !isShown { reader.skip(1) }
      if !(frameType == key && isShown) { reader.skip(1) }
      reader.skip(1)
      let tools = screenContentTools == 2 ? reader.bits(1) ?? 0 : screenContentTools
      if tools > 0, integerMotion == 2 { reader.skip(1) }
      reader.skip(frameIdentifierBits)
      return reader.flag() == true
    }
  }
}

/// The size of the pictures that a stretch of HEVC will have the decoder make.
enum HEVCParameterSets {
  /// The largest width × height among the sequence parameter sets of a decoder configuration box.
  ///
  /// Source: ISO/IEC 14496-15, section 8.3.3.1.
  static func largestPicture(inConfiguration view: ByteView) -> PictureBound {
    var bound = PictureBound()
    var cursor = ByteCursor(view)
    for _ in 0..<22 { _ = cursor.unsigned(1) }
    guard let arrayCount = cursor.unsigned(1) else { return bound }
    for _ in 0..<arrayCount {
      guard cursor.unsigned(1) != nil, let unitCount = cursor.unsigned(2) else { return bound }
      for _ in 0..<unitCount {
        guard let length = cursor.unsigned(2), let unit = view.view(at: cursor.offset, count: length) else {
          return bound
        }
        bound.include(unit: unit)
        for _ in 0..<length { _ = cursor.unsigned(1) }
      }
    }
    return bound
  }

  /// The same for an item's data, units after lengths of four bytes, where parameter sets may be repeated.
  static func largestPicture(inItem view: ByteView) -> PictureBound {
    var bound = PictureBound()
    var offset = 0
    while let length = view.unsigned(at: offset, byteCount: 4), length > 0,
      let unit = view.view(at: offset + 4, count: length)
    {
      bound.include(unit: unit)
      offset += 4 + length
    }
    return bound
  }
}

/// The largest picture seen, as sides.
struct PictureBound: Equatable {
  private(set) var width = 0
  private(set) var height = 0

  mutating func include(width: Int, height: Int) {
    self.width = max(self.width, width)
    self.height = max(self.height, height)
  }

  mutating func include(_ other: PictureBound) {
    include(width: other.width, height: other.height)
  }

  /// Takes in a HEVC unit if it is a sequence parameter set.
  ///
  /// Source: ITU-T H.265, sections 7.3.1.2, 7.3.2.2 and 7.3.3.
  fileprivate mutating func include(unit: ByteView) {
    let sequenceParameterSet = 33
    guard let header = unit[0], Int(header >> 1) & 0x3F == sequenceParameterSet,
      let payload = unit.view(at: 2, count: min(unit.count - 2, 512))
    else { return }
    var reader = BitReader(Self.withoutEmulationPrevention(payload.array))
    reader.skip(4)
    guard let subLayers = reader.bits(3) else { return }
    reader.skip(1 + 96)
    var sizes = 0
    for _ in 0..<subLayers {
      guard let hasProfile = reader.flag(), let hasLevel = reader.flag() else { return }
      sizes += (hasProfile ? 88 : 0) + (hasLevel ? 8 : 0)
    }
    if subLayers > 0 { reader.skip(2 * (8 - subLayers)) }
    reader.skip(sizes)
    guard reader.exponentialGolomb() != nil, let chroma = reader.exponentialGolomb() else { return }
    if chroma == 3 { reader.skip(1) }
    guard let width = reader.exponentialGolomb(), let height = reader.exponentialGolomb() else { return }
    include(width: width, height: height)
  }

  /// Drops the 3 of each 0, 0, 3.
  private static func withoutEmulationPrevention(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8]()
    var zeros = 0
    for byte in bytes {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      result.append(byte)
    }
    return result
  }
}

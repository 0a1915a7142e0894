/// Bounds what a file unfolds to before it is parsed.
///
/// A message of two bytes, its tag and a length of zero, takes a hundred bytes or more when it is parsed, so a file of
/// nothing but empty messages could fill the memory. This walks over the tags alone and keeps nothing. Whatever it
/// can't follow is left for the parser to report.
struct ONNXMessageSize {
  /// Messages and strings in a file. ResNet-1202 has about 200,000.
  static let partLimit = 1_000_000
  /// Bytes of one packed list of integers, each of which may take a byte in the file and eight in memory.
  static let integersLimit = 1 << 24

  private enum Message {
    case model, operatorSet, graph, node, attribute, tensor, entry, valueInfo, type, tensorType, shape, dimension

    /// The message in a field, `nil` where it holds something else.
    func message(in field: UInt64) -> Message? {
      switch (self, field) {
      case (.model, 7): .graph
      case (.model, 8): .operatorSet
      case (.graph, 1): .node
      case (.graph, 5), (.attribute, 5): .tensor
      case (.graph, 11), (.graph, 12): .valueInfo
      case (.node, 5): .attribute
      case (.tensor, 13): .entry
      case (.valueInfo, 2): .type
      case (.type, 1): .tensorType
      case (.tensorType, 2): .shape
      case (.shape, 1): .dimension
      default: nil
      }
    }

    /// Whether a field is a list of integers of up to 64 bits.
    func holdsIntegers(in field: UInt64) -> Bool {
      self == .tensor && [1, 7, 11].contains(field) || self == .attribute && field == 8
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private var parts = 0

  static func check(_ bytes: [UInt8]) throws(WeightFileError) {
    let finding = bytes.withUnsafeBytes { buffer in
      var size = ONNXMessageSize(bytes: buffer)
      return size.walk(.model, 0..<buffer.count)
    }
    switch finding {
    case nil, .endsEarly: return
    case .hasGroup: throw ONNXFault.damaged("not an ONNX file, or a damaged one: it holds a group")
    case .isTooLarge:
      throw ONNXFault.tooLarge("it unfolds to more than \(partLimit) parts, or to lists that no network needs")
    }
  }

  private init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  private enum Finding {
    /// The parser will stop here at the latest.
    case endsEarly
    /// The format has no groups. The parser would skip one, however much it holds.
    case hasGroup
    case isTooLarge
  }

  /// - Returns: why the walk ended before the range did.
  private mutating func walk(_ message: Message, _ range: Range<Int>) -> Finding? {
    var offset = range.lowerBound
    while offset < range.upperBound {
      guard let tag = varint(&offset, range.upperBound) else { return .endsEarly }
      let field = tag >> 3
      switch tag & 7 {
      case 0: if varint(&offset, range.upperBound) == nil { return .endsEarly }
      case 1: offset += 8
      case 5: offset += 4
      case 2:
        guard let length = varint(&offset, range.upperBound), length <= UInt64(range.upperBound - offset) else {
          return .endsEarly
        }
        let end = offset + Int(length)
        parts += 1
        if parts > Self.partLimit { return .isTooLarge }
        if message.holdsIntegers(in: field), length > Self.integersLimit { return .isTooLarge }
        if let inner = message.message(in: field), let finding = walk(inner, offset..<end) { return finding }
        offset = end
      case 3, 4: return .hasGroup
      default: return .endsEarly
      }
    }
    return nil
  }

  private func varint(_ offset: inout Int, _ end: Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < end, shift < 64 {
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

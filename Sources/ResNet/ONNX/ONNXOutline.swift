/// An ONNX file without the numbers of its weights.
///
/// They are nearly all of a file, and parsed as part of it they would be copied twice. So the message is taken without
/// them, and they are read when something needs them, to where they stay.
struct ONNXOutline {
  /// The model as a protobuf message, without the raw data of ``places``.
  private(set) var message: [UInt8]
  /// Where in the file the raw data of initializers is, by their number in the graph; only of those with much of it.
  private(set) var places: [Int: Range<Int>] = [:]

  /// Walks over a file. One that it can't follow is taken whole, for the parser to say what is wrong with it.
  /// - Parameters:
  ///   - bytes: the file.
  ///   - most: raw data of more bytes stays in the file.
  init(_ bytes: ONNXBytes, most: Int = 4_096) throws(WeightFileError) {
    var walk = Walk(reader: Reader(bytes: bytes), most: most)
    if try walk.model() {
      message = walk.message
      places = walk.places
    } else {
      message = try bytes.bytes(0..<bytes.count)
    }
  }

  private struct Walk {
    var reader: Reader
    let most: Int
    var message: [UInt8] = []
    var places: [Int: Range<Int>] = [:]
    private var graph: [UInt8] = []
    private var initializers = 0

    init(reader: Reader, most: Int) { (self.reader, self.most) = (reader, most) }

    /// - Returns: whether the file could be followed to its end.
    mutating func model() throws(WeightFileError) -> Bool {
      let end = reader.bytes.count
      var hasGraph = false
      while reader.offset < end {
        guard let field = try reader.field(before: end) else { return false }
        if field.isMessage(7) {
          // A message in two parts is one: the format lets parsers merge them.
          hasGraph = true
          guard try graph(field.content) else { return false }
        } else {
          try reader.copy(field.whole, to: &message)
        }
      }
      if hasGraph { Self.append(7, graph, to: &message) }
      return true
    }

    private mutating func graph(_ range: Range<Int>) throws(WeightFileError) -> Bool {
      reader.offset = range.lowerBound
      while reader.offset < range.upperBound {
        guard let field = try reader.field(before: range.upperBound) else { return false }
        if field.isMessage(5) {
          guard try initializer(field.content) else { return false }
        } else {
          try reader.copy(field.whole, to: &graph)
        }
      }
      return true
    }

    private mutating func initializer(_ range: Range<Int>) throws(WeightFileError) -> Bool {
      var tensor: [UInt8] = []
      reader.offset = range.lowerBound
      while reader.offset < range.upperBound {
        guard let field = try reader.field(before: range.upperBound) else { return false }
        let isRawData = field.isMessage(9)
        // Of a field that is there twice the last one counts.
        if isRawData { places[initializers] = nil }
        if isRawData, field.content.count > most {
          places[initializers] = field.content
          reader.offset = field.whole.upperBound
        } else {
          try reader.copy(field.whole, to: &tensor)
        }
      }
      initializers += 1
      Self.append(5, tensor, to: &graph)
      return true
    }

    private static func append(_ field: UInt8, _ content: [UInt8], to message: inout [UInt8]) {
      message.append(field << 3 | 2)
      var length = content.count
      while length > 0x7f {
        message.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
      }
      message.append(UInt8(length))
      message += content
    }
  }

  private struct Field {
    var number: UInt64
    var hasLength: Bool
    /// With its tag.
    var whole: Range<Int>
    var content: Range<Int>

    func isMessage(_ number: UInt64) -> Bool { hasLength && self.number == number }
  }

  /// Reads on from any place of a file, a few pages at a time.
  private struct Reader {
    let bytes: ONNXBytes
    var offset = 0
    private let windowSize = 4_096
    private var window: [UInt8] = []
    private var windowStart = 0

    init(bytes: ONNXBytes) { self.bytes = bytes }

    /// The field at `offset`, which then is behind its tag and length.
    /// - Returns: `nil` for what is no field, or a group, which the format does not have.
    mutating func field(before end: Int) throws(WeightFileError) -> Field? {
      let start = offset
      guard let tag = try varint(before: end) else { return nil }
      var length: UInt64 = 0
      let valueStart = offset
      switch tag & 7 {
      case 0: if try varint(before: end) == nil { return nil }
      case 1: length = 8
      case 5: length = 4
      case 2:
        guard let given = try varint(before: end) else { return nil }
        length = given
      default: return nil
      }
      guard length <= UInt64(end - offset) else { return nil }
      let content = (tag & 7 == 0 ? valueStart : offset)..<offset + Int(length)
      return Field(number: tag >> 3, hasLength: tag & 7 == 2, whole: start..<content.upperBound, content: content)
    }

    /// Appends a part of the file, and goes behind it.
    mutating func copy(_ range: Range<Int>, to target: inout [UInt8]) throws(WeightFileError) {
      if range.lowerBound >= windowStart, range.upperBound <= windowStart + window.count {
        target += window[range.lowerBound - windowStart..<range.upperBound - windowStart]
      } else {
        target += try bytes.bytes(range)
      }
      offset = range.upperBound
    }

    private mutating func varint(before end: Int) throws(WeightFileError) -> UInt64? {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while offset < end, shift < 64 {
        if offset < windowStart || offset >= windowStart + window.count {
          window = try bytes.bytes(offset..<min(bytes.count, offset + windowSize))
          windowStart = offset
        }
        let byte = window[offset - windowStart]
        offset += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }
  }
}

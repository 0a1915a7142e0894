/// Reads JSON strictly, as RFC 8259 has it: UTF-8, no field twice in an object, bounded depth, numbers that are finite.
///
/// A value takes many times the memory of its text, so values are bounded in number too.
struct JSONParser {
  /// What is wrong, and at which byte.
  struct Fault: Error, Equatable {
    var reason: String
    var offset: Int
    /// Whether it is well-formed as far as it was read, but too much.
    var isTooMuch = false
  }

  /// How much one text may hold.
  struct Bounds {
    /// Values that are no numbers: each list and object takes some hundred bytes.
    var values = 250_000
    /// 1,000 vectors of 4,096 numbers and some.
    var numbers = 1 << 22
  }

  /// A copy: what a stranger sends is read by nothing but an array's checked subscripts.
  private let bytes: [UInt8]
  private var position = 0
  private let maximumDepth = 32
  /// What may still come.
  private var left: Bounds

  /// The one value that the bytes are.
  static func value(of bytes: some Swift.Collection<UInt8>, bounds: Bounds = Bounds()) throws(Fault) -> JSONValue {
    var parser = JSONParser(bytes: Array(bytes), left: bounds)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == parser.bytes.count else { throw parser.fault("there is more after the value") }
    return value
  }

  private init(bytes: [UInt8], left: Bounds) {
    self.bytes = bytes
    self.left = left
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func fault(_ reason: String) -> Fault { Fault(reason: reason, offset: position) }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func value(depth: Int) throws(Fault) -> JSONValue {
    guard depth <= maximumDepth else { throw fault("it is nested too deeply") }
    skipSpace()
    guard let byte = current else { throw fault("it ends too early") }
    if byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      left.numbers -= 1
    } else {
      left.values -= 1
    }
    guard left.numbers >= 0, left.values >= 0 else {
      throw Fault(reason: "it holds too many values", offset: position, isTooMuch: true)
    }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw fault("a value is expected")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
    for index in 0..<text.utf8CodeUnitCount {
      guard current == text.utf8Start[index] else { throw fault("a value is expected") }
      position += 1
    }
    return value
  }

  private mutating func object(depth: Int) throws(Fault) -> JSONValue {
    position += 1
    var fields: [(String, JSONValue)] = []
    var names = Set<String>()
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object(fields)
    }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fault("a field's name is expected") }
      let name = try string()
      guard names.insert(name).inserted else { throw fault("a field is there twice") }
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw fault("a colon is expected") }
      position += 1
      fields.append((name, try value(depth: depth + 1)))
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(fields)
      default: throw fault("a comma or the object's end is expected")
      }
    }
  }

  private mutating func array(depth: Int) throws(Fault) -> JSONValue {
    position += 1
    var list = JSONList()
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return list.value
    }
    while true {
      list.append(try value(depth: depth + 1))
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return list.value
      default: throw fault("a comma or the list's end is expected")
      }
    }
  }

  // MARK: Numbers

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func number() throws(Fault) -> JSONValue {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let firstDigit = current
    let count = digits()
    guard count > 0, count == 1 || firstDigit != UInt8(ascii: "0") else { throw fault("a number is written wrongly") }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digits() > 0 else { throw fault("a number is written wrongly") }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw fault("a number is written wrongly") }
    }
    guard position - start <= 400 else { throw fault("a number has too many digits") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw fault("a number is too large") }
    return .double(value)
  }

  // MARK: Texts

  private mutating func string() throws(Fault) -> String {
    position += 1
    let start = position
    // Most texts have nothing to undo; pictures in base64 are long, and copied once.
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    if current == UInt8(ascii: "\"") {
      let text = try decoded(bytes[start..<position])
      position += 1
      return text
    }
    var unescaped = Array(bytes[start..<position])
    while true {
      guard let byte = current else { throw fault("a text has no end") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: unescaped, as: UTF8.self) else { throw fault("a text is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): try escape(into: &unescaped)
      case 0..<0x20: throw fault("a text holds a control character")
      default: unescaped.append(byte)
      }
    }
  }

  private func decoded(_ slice: ArraySlice<UInt8>) throws(Fault) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("a text is not UTF-8")
    }
    return text
  }

  private mutating func escape(into text: inout [UInt8]) throws(Fault) {
    guard let byte = current else { throw fault("a text has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = UInt32(try hexadecimal())
      if (0xD800..<0xDC00).contains(code) {
        guard current == UInt8(ascii: "\\") else { throw fault("half of a surrogate pair") }
        position += 1
        guard current == UInt8(ascii: "u") else { throw fault("half of a surrogate pair") }
        position += 1
        let low = UInt32(try hexadecimal())
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
      text += Array(String(Character(scalar)).utf8)
    default: throw fault("an unknown escape in a text")
    }
  }

  private mutating func hexadecimal() throws(Fault) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw fault("an unknown escape in a text")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}

/// One directory of a TIFF structure: tags with a type, a count and a value or the offset of one.
struct TIFFDirectory {
  enum Tag: Int {
    case make = 0x010F
    case model = 0x0110
    case orientation = 0x0112
    case dateTime = 0x0132
    case exifDirectory = 0x8769
    case dateTimeOriginal = 0x9003
    case dateTimeDigitized = 0x9004
    case dngVersion = 0xC612
  }

  private struct Entry {
    var type: Int
    var count: Int
    /// Where the four bytes of value or offset are.
    var fieldOffset: Int
  }

  private let view: ByteView
  private let littleEndian: Bool
  private var entries: [Tag: Entry] = [:]

  /// Longer texts are no camera's name.
  private static let longestText = 256

  /// Reads the entries that fit; the first of a repeated tag counts.
  init(view: ByteView, offset: Int, littleEndian: Bool) {
    self.view = view
    self.littleEndian = littleEndian
    guard let count = view.unsigned(at: offset, byteCount: 2, littleEndian: littleEndian) else { return }
    for index in 0..<count {
      let start = offset + 2 + index * 12
      guard let tagNumber = view.unsigned(at: start, byteCount: 2, littleEndian: littleEndian),
        let type = view.unsigned(at: start + 2, byteCount: 2, littleEndian: littleEndian),
        let valueCount = view.unsigned(at: start + 4, byteCount: 4, littleEndian: littleEndian)
      else { return }
      guard let tag = Tag(rawValue: tagNumber), entries[tag] == nil else { continue }
      entries[tag] = Entry(type: type, count: valueCount, fieldOffset: start + 8)
    }
  }

  func contains(_ tag: Tag) -> Bool { entries[tag] != nil }

  /// A BYTE, SHORT or LONG.
  func unsigned(_ tag: Tag) -> Int? {
    guard let entry = entries[tag], entry.count >= 1, let size = [1: 1, 3: 2, 4: 4][entry.type] else { return nil }
    return view.unsigned(at: entry.fieldOffset, byteCount: size, littleEndian: littleEndian)
  }

  /// An ASCII text up to its first NUL, without blanks around it; `nil` where nothing is left.
  func text(_ tag: Tag) -> String? {
    guard let entry = entries[tag], entry.type == 2, entry.count > 0 else { return nil }
    let offset =
      entry.count <= 4
      ? entry.fieldOffset : view.unsigned(at: entry.fieldOffset, byteCount: 4, littleEndian: littleEndian)
    guard let offset, let part = view.view(at: offset, count: min(entry.count, Self.longestText)) else { return nil }
    let characters = part.array.prefix { $0 != 0 }
    let text = String(decoding: characters, as: UTF8.self)
    // Control characters would reach terminals and logs.
    let printable = text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    let trimmed = String(String.UnicodeScalarView(printable)).trimmingBlanks()
    return trimmed.isEmpty ? nil : trimmed
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var part = self[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}

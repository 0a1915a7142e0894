/// The few facts that Kindred wants of an EXIF block, read without trusting it.
///
/// Whatever is damaged is left out: a bad block is the same as none. Directories are read once each and no chain of
/// them is followed, so that a loop can't hang it.
///
/// Source: TIFF 6.0, section 2 (directories); Exif 2.32, section 4.6 (tags).
struct EXIF: Equatable {
  private(set) var orientation = Orientation.upright
  private(set) var captureDate: String?
  private(set) var make: String?
  private(set) var model: String?
  /// The file is an Adobe DNG.
  private(set) var isDNG = false

  init() {}

  /// Reads a TIFF structure: byte order, magic, first directory and the EXIF directory that it points to.
  init(tiff view: ByteView) {
    let littleEndian: Bool
    if view.hasPrefix("II") {
      littleEndian = true
    } else if view.hasPrefix("MM") {
      littleEndian = false
    } else {
      return
    }
    guard view.unsigned(at: 2, byteCount: 2, littleEndian: littleEndian) == 42,
      let offset = view.unsigned(at: 4, byteCount: 4, littleEndian: littleEndian)
    else { return }
    let main = TIFFDirectory(view: view, offset: offset, littleEndian: littleEndian)
    if let value = main.unsigned(.orientation), let known = Orientation(rawValue: value) { orientation = known }
    make = main.text(.make)
    model = main.text(.model)
    isDNG = main.contains(.dngVersion)

    var dates = [String?]()
    if let offset = main.unsigned(.exifDirectory) {
      let details = TIFFDirectory(view: view, offset: offset, littleEndian: littleEndian)
      dates = [details.text(.dateTimeOriginal), details.text(.dateTimeDigitized)]
    }
    dates.append(main.text(.dateTime))
    captureDate = dates.lazy.compactMap { $0.flatMap(Self.date(from:)) }.first
  }

  /// Reads a block as JPEG, PNG and WebP carry it: a TIFF structure, perhaps after `Exif\0\0`.
  init(block view: ByteView) {
    if view.hasPrefix("Exif\0"), let tiff = view.view(from: 6) {
      self.init(tiff: tiff)
    } else {
      self.init(tiff: view)
    }
  }

  /// The same facts for a format that has its own say on orientation.
  var withoutOrientation: EXIF {
    var copy = self
    copy.orientation = .upright
    return copy
  }

  /// Make and model as one string, without the make said twice.
  var camera: String? {
    switch (make, model) {
    case (let make?, let model?):
      model.lowercased().hasPrefix(make.lowercased()) ? model : "\(make) \(model)"
    case (let make?, nil): make
    case (nil, let model): model
    }
  }

  /// `2024:05:17 08:09:10` as `2024-05-17T08:09:10`, or `nil` where it is not a date. Separators vary among cameras.
  static func date(from text: String) -> String? {
    let characters = Array(text.utf8)
    guard characters.count >= 19 else { return nil }
    func number(_ start: Int, _ count: Int) -> Int? {
      var value = 0
      for character in characters[start..<start + count] {
        guard (0x30...0x39).contains(character) else { return nil }
        value = value * 10 + Int(character - 0x30)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
      let minute = number(14, 2), let second = number(17, 2)
    else { return nil }
    let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let dayCounts = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard year > 0, (1...12).contains(month), (1...dayCounts[month - 1]).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    func digits(_ range: Range<Int>) -> String { String(decoding: characters[range], as: UTF8.self) }
    return
      "\(digits(0..<4))-\(digits(5..<7))-\(digits(8..<10))T\(digits(11..<13)):\(digits(14..<16)):\(digits(17..<19))"
  }
}

import Testing

@testable import ImageDecoding

@Suite struct FormatDetectionTests {
  private func fault(_ bytes: [UInt8]) -> ImageDecodingError? {
    #expect(throws: ImageDecodingError.self) { try ImageDecoder().decode(bytes, name: "picture.jpg") }
  }

  private func box(_ brands: String...) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, UInt8(8 + 4 * (brands.count + 1))]
    bytes += Self.ascii("ftyp" + brands[0] + "\0\0\0\0" + brands.dropFirst().joined())
    return bytes
  }

  /// A file's name in the error, and how it begins.
  private static let beginnings: [(name: String, bytes: [UInt8])] = [
    ("GIF", ascii("GIF89a\u{1}\0\u{1}\0")),
    ("BMP", ascii("BMF\0\0\0\0\0\0\0\u{36}\0\0\0")),
    ("TIFF", ascii("II*\0\u{8}\0\0\0")),
    ("TIFF", ascii("MM\0*\0\0\0\u{8}")),
    ("CR2 (Canon RAW)", ascii("II*\0\u{10}\0\0\0CR\u{2}\0")),
    ("JPEG 2000", ascii("\0\0\0\u{C}jP  \r\n")),
    ("JPEG XL", [0xFF, 0x0A, 0, 0]),
    ("JPEG XL", ascii("\0\0\0\u{C}JXL \r\n")),
    ("Photoshop (PSD)", ascii("8BPS\0\u{1}")),
    ("SVG", ascii("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>")),
    ("SVG", ascii("\n <svg width=\"2\"/>")),
    ("RAF (Fujifilm RAW)", ascii("FUJIFILMCCD-RAW 0201")),
    ("PDF", ascii("%PDF-1.7")),
    ("Netpbm", ascii("P6\n2 2 255\n")),
    ("ICO", [0, 0, 1, 0, 1, 0, 16, 16]),
  ]

  private static let otherBeginnings: [[UInt8]] = [
    ascii("hello, this is a text"), [0], [0xFF, 0xD8], ascii("RIFF\0\0\0\0WAVE"), ascii("<html><body></body></html>"),
  ]

  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: beginnings)
  func namesWhatItDoesNotDecode(name: String, bytes: [UInt8]) {
    let error = fault(bytes)
    #expect(error?.code == .unsupportedFormat)
    #expect(error?.reason == "unsupported format: \(name)")
    #expect(error?.path == "picture.jpg")
  }

  @Test(arguments: otherBeginnings) func tellsWhatIsNoPicture(bytes: [UInt8]) {
    #expect(fault(bytes)?.code == .notAPicture)
  }

  @Test func brandsTellHEICFromAVIFAndBothFromVideo() throws {
    func detected(_ brands: [UInt8]) throws -> ImageFormat { try ImageFormat.detected(in: ByteView(brands)) }
    for brand in ["heic", "heix", "hevc", "heim", "heis"] { #expect(try detected(box(brand, "mif1")) == .heic) }
    for brand in ["avif", "avis"] { #expect(try detected(box(brand, "mif1")) == .avif) }
    #expect(try detected(box("mif1", "miaf", "avif")) == .avif)
    #expect(try detected(box("mif1", "heic")) == .heic)
    #expect(try detected(box("msf1", "hevc")) == .heic)
    #expect(fault(box("crx ", "isom"))?.reason == "unsupported format: CR3 (Canon RAW)")
    #expect(fault(box("mp42", "isom"))?.reason == "unsupported format: MP4 video")
    #expect(fault(box("qt  "))?.reason == "unsupported format: QuickTime video")
    #expect(fault(box("mif1"))?.reason == "unsupported format: HEIF with neither HEVC nor AV1")
    #expect(fault(box("avif"))?.code == .truncated || fault(box("avif"))?.code == .corrupt)
  }

  @Test func noBytesAreEmpty() {
    #expect(fault([])?.code == .empty)
    #expect(throws: ImageDecodingError.self) { try ImageDecoder().header(of: [], name: "x") }
  }

  @Test func theNameIsNotAsked() throws {
    let decoded = try ImageDecoder().decode(TestData.fixture("rgb-8.png"), name: "holiday.gif")
    #expect(decoded.metadata.format == .png)
  }
}

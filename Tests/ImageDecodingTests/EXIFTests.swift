import Testing

@testable import ImageDecoding

@Suite struct EXIFTests {
  private typealias Entry = (tag: Int, type: Int, count: Int, value: [UInt8])

  private func little(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A little-endian TIFF structure of one directory at 8, with `tail` after it.
  private func tiff(_ entries: [Entry], tail: [UInt8] = []) -> [UInt8] {
    var bytes = Array("II".utf8) + little(42, 2) + little(8, 4) + little(entries.count, 2)
    for entry in entries {
      bytes += little(entry.tag, 2) + little(entry.type, 2) + little(entry.count, 4)
      bytes += (entry.value + [0, 0, 0, 0]).prefix(4)
    }
    return bytes + little(0, 4) + tail
  }

  private func exif(_ bytes: [UInt8]) -> EXIF { EXIF(block: ByteView(bytes)) }

  @Test func emptyAndForeignBlocksSayNothing() {
    #expect(exif([]) == EXIF())
    #expect(exif(Array("Exif\0\0".utf8)) == EXIF())
    #expect(exif(Array("II".utf8)) == EXIF())
    #expect(exif([UInt8](repeating: 0xFF, count: 100)) == EXIF())
  }

  @Test func everyOrientationIsReadAndOthersAreUpright() {
    for value in 0...20 {
      let read = exif(tiff([(0x0112, 3, 1, little(value, 2))])).orientation
      #expect(read == Orientation(rawValue: value) ?? .upright)
    }
    #expect(exif(tiff([(0x0112, 4, 1, little(6, 4))])).orientation == .rotated90)
    #expect(exif(tiff([(0x0112, 2, 1, little(6, 2))])).orientation == .upright)
    #expect(exif(tiff([(0x0112, 3, 0, little(6, 2))])).orientation == .upright)
  }

  @Test func lyingOffsetsAndCountsAreIgnored() {
    #expect(exif(tiff([(0x010F, 2, 20, little(0xFFFF_FFF0, 4))])).make == nil)
    #expect(exif(tiff([(0x010F, 2, 0xFFFF_FFFF, little(8, 4))])).make == nil)
    #expect(exif(tiff([(0x8769, 4, 1, little(0x7FFF_FFFF, 4))])) == EXIF())
    // A directory that claims more entries than there are bytes still gives those that it has.
    var bytes = tiff([(0x0112, 3, 1, little(3, 2))])
    bytes[8] = 0xFF
    bytes[9] = 0xFF
    #expect(exif(bytes).orientation == .rotated180)
  }

  @Test func aDirectoryThatPointsToItselfEnds() {
    let read = exif(tiff([(0x8769, 4, 1, little(8, 4)), (0x0112, 3, 1, little(8, 2))]))
    #expect(read.orientation == .rotated270)
    #expect(read.captureDate == nil)
  }

  @Test func cameraNamesTheMakeOnce() {
    func camera(_ make: String, _ model: String) -> String? {
      let start = 8 + 2 + 24 + 4
      let (first, second) = (Array(make.utf8) + [0], Array(model.utf8) + [0])
      return exif(
        tiff(
          [
            (0x010F, 2, first.count, first.count > 4 ? little(start, 4) : first),
            (0x0110, 2, second.count, second.count > 4 ? little(start + first.count, 4) : second),
          ], tail: first + second)
      ).camera
    }
    #expect(camera("Canon", "Canon EOS 5D") == "Canon EOS 5D")
    #expect(camera("CANON", "Canon EOS 5D") == "Canon EOS 5D")
    #expect(camera("Apple", "iPhone 12") == "Apple iPhone 12")
    #expect(camera("  Apple ", "") == "Apple")
    #expect(camera("", "X100V") == "X100V")
    #expect(camera("LG", "G6") == "LG G6")
    #expect(camera("  ", "\u{1B}[31m") == "[31m")
  }

  @Test func datesAreCheckedAndNormalised() {
    #expect(EXIF.date(from: "2024:05:17 08:09:10") == "2024-05-17T08:09:10")
    #expect(EXIF.date(from: "2024-05-17T08:09:10") == "2024-05-17T08:09:10")
    #expect(EXIF.date(from: "2024:02:29 00:00:00") == "2024-02-29T00:00:00")
    for bad in [
      "", "0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:01 00:00:00", "2023:02:29 00:00:00",
      "2024:05:17 24:00:00", "2024:05:17", "２024:05:17 08:09:1",
    ] {
      #expect(EXIF.date(from: bad) == nil, "\(bad)")
    }
  }

  @Test func anotherDateStandsInForAMissingOne() {
    let text = Array("2019:12:31 23:59:58\0".utf8)
    let bytes = tiff([(0x0132, 2, text.count, little(8 + 2 + 12 + 4, 4))], tail: text)
    #expect(exif(bytes).captureDate == "2019-12-31T23:59:58")
  }

  @Test func badEXIFNeverFailsADecode() throws {
    let bytes = try TestData.fixture("orientation-6.jpg")
    let start = try #require(bytes.firstRange(of: Array("Exif".utf8))).lowerBound
    for offset in 6..<100 {
      var damaged = bytes
      damaged[start + offset] = 0xFF
      #expect(throws: Never.self) { try ImageDecoder().decode(damaged, name: "damaged") }
    }
  }
}

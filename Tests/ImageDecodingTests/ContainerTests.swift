import Testing

@testable import ImageDecoding

/// Faults of PNG, WebP and HEIF files that are made on purpose.
@Suite struct ContainerTests {
  private func fault(_ bytes: [UInt8]) -> ImageDecodingError? {
    #expect(throws: ImageDecodingError.self) { _ = try ImageDecoder().decode(bytes, name: "picture") }
  }

  private func bigEndian(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func pngChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let named = Array(type.utf8) + data
    return bigEndian(data.count, 4) + named + bigEndian(Int(crc32(named)), 4)
  }

  private func place(_ text: String, in bytes: [UInt8]) throws -> Int {
    try #require(bytes.firstRange(of: Array(text.utf8))).lowerBound
  }

  @Test func pngHeadersAreCheckedFirst() throws {
    let bytes = try TestData.fixture("rgb-8.png")
    func sized(_ width: Int, _ height: Int) -> [UInt8] {
      var changed = bytes
      changed.replaceSubrange(16..<24, with: bigEndian(width, 4) + bigEndian(height, 4))
      let crc = crc32(Array(changed[12..<29]))
      changed.replaceSubrange(29..<33, with: bigEndian(Int(crc), 4))
      return changed
    }
    #expect(fault(sized(0, 5))?.code == .zeroSized)
    #expect(fault(sized(0, 5))?.reason == "0 × 5: a side of zero")
    #expect(fault(sized(0xFFFF_FFFF, 0xFFFF_FFFF))?.code == .tooManyPixels)
    #expect(fault(sized(10_001, 10_000))?.reason.contains("100.01 megapixels, more than the limit of 100") == true)
    #expect(fault(sized(21, 14))?.code == .corrupt)
    #expect(fault(Array(bytes[..<20]))?.code == .truncated)
    let compiled = Array(bytes[..<8]) + pngChunk("CgBI", [0x50, 0, 0x20, 6]) + bytes[8...]
    #expect(fault(compiled)?.code == .unsupportedFormat)
  }

  @Test func pngChecksumsOfSamplesCount() throws {
    var bytes = try TestData.fixture("rgb-8.png")
    let samples = try place("IDAT", in: bytes)
    bytes[samples + 20] ^= 1
    #expect(fault(bytes)?.code == .corrupt)
  }

  @Test func pngExtrasDoNotFailAPicture() throws {
    let bytes = try TestData.fixture("rgb-8.png")
    let expected = try ImageDecoder().decode(bytes, name: "a")
    func with(_ chunks: [UInt8]) throws -> DecodedImage {
      try ImageDecoder().decode(Array(bytes[..<33]) + chunks + bytes[33...], name: "a")
    }
    var damaged = pngChunk("tEXt", Array("Comment\0hello".utf8))
    damaged[damaged.count - 1] ^= 0xFF
    #expect(try with(damaged) == expected)
    #expect(try with(pngChunk("iCCP", Array("name\0\0not deflate".utf8))) == expected)
    #expect(try with(pngChunk("eXIf", [UInt8](repeating: 0xFF, count: 30))) == expected)
    #expect(try with(pngChunk("tEXt", Array("k\0".utf8) + [UInt8](repeating: 65, count: 5 << 20))) == expected)
    let many = (0..<2000).flatMap { _ in pngChunk("tEXt", Array("k\0v".utf8)) }
    #expect(try with(many) == expected)
    #expect(try ImageDecoder().decode(bytes + [1, 2, 3], name: "a") == expected)
  }

  @Test func webpFramesStayInsideTheCanvas() throws {
    var bytes = try TestData.fixture("animation-offset.webp")
    let frame = try place("ANMF", in: bytes) + 8
    bytes[frame] = 200
    #expect(fault(bytes)?.code == .corrupt)
  }

  @Test func heifSizesInsideCodedPicturesAreHeldToTheLimit() throws {
    let bytes = try TestData.fixture("grid.heic")
    let sides = bigEndian(150, 2) + bigEndian(100, 2)
    let grid = try #require(bytes.indices.last { bytes[$0...].starts(with: sides) })
    var huge = bytes
    huge.replaceSubrange(grid..<grid + 4, with: bigEndian(60_000, 2) + bigEndian(60_000, 2))
    #expect(fault(huge)?.code == .tooManyPixels)
    #expect(fault(huge)?.reason.hasSuffix("more than the limit of 100; raise it with --max-megapixels") == true)
    let generous = ImageDecoder(options: DecodingOptions(maximumPixels: .max))
    let refusal = #expect(throws: ImageDecodingError.self) { _ = try generous.decode(huge, name: "a") }
    #expect(refusal?.reason.hasSuffix("more than the limit of 250, which is the decoder's own") == true)
    // The tiles alone have 6 × 64 × 64 samples, whatever the file says of the whole.
    let structure = try HEIFStructure(ByteView(bytes))
    #expect(try structure.decodedPixelCount(limit: 1 << 20) == (150 * 100 + 6 * 64 * 64, 150 * 100))
    #expect(throws: DecodingFault.self) { try structure.decodedPixelCount(limit: 64 * 64 - 1) }
    // With the short header of still pictures and with the long one of sequences.
    for name in ["plain.avif", "animation.avif"] {
      let av1 = try HEIFStructure(ByteView(TestData.fixture(name)))
      #expect(try av1.decodedPixelCount(limit: 1 << 20) == (40 * 29, 40 * 29))
    }
  }

  @Test func heifPicturesMadeOfThemselvesAreRefused() throws {
    var bytes = try TestData.fixture("grid.heic")
    // Each tile of the grid becomes the grid.
    let references = try place("dimg", in: bytes) + 4
    let gridIdentifier = Array(bytes[references..<references + 2])
    for tile in 0..<6 {
      bytes.replaceSubrange(references + 4 + tile * 2..<references + 6 + tile * 2, with: gridIdentifier)
    }
    #expect(fault(bytes)?.code == .corrupt)
  }

  @Test func heifTrailersAreLetBe() throws {
    let bytes = try TestData.fixture("plain.heic")
    let expected = try ImageDecoder().decode(bytes, name: "a")
    for trailer in [[UInt8](repeating: 0xEE, count: 100), [UInt8](repeating: 0, count: 9), [1]] {
      #expect(try ImageDecoder().decode(bytes + trailer, name: "a") == expected)
    }
  }

  @Test func heifTablesMustNotContradictEachOther() throws {
    var bytes = try TestData.fixture("plain.heic")
    // A second table of locations in place of another box.
    bytes.replaceSubrange((try place("iinf", in: bytes))..<(try place("iinf", in: bytes)) + 4, with: Array("iloc".utf8))
    #expect(fault(bytes)?.code == .corrupt)
  }

  /// Many at once, as an indexer does; libraries with shared state would show.
  @Test func decodingIsTheSameFromManyTasks() async throws {
    let files = try Fixture.all.filter { $0.height < 1000 }.map { ($0, try $0.bytes()) }
    let mismatches = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          files.count { fixture, bytes in
            let decoded = try? ImageDecoder().decode(bytes, name: fixture.name)
            return decoded?.metadata.width != fixture.width || decoded?.metadata.height != fixture.height
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(mismatches == 0)
  }
}

import Testing

@testable import ImageDecoding

@Suite struct JPEGTests {
  /// A picture without fine detail, so that scaling it by different means gives nearly the same.
  private func gradient(width: Int, height: Int) -> RGBImage {
    var pixels = [UInt8]()
    pixels.reserveCapacity(width * height * 3)
    for row in 0..<height {
      for column in 0..<width {
        pixels.append(UInt8(column * 255 / width))
        pixels.append(UInt8(row * 255 / height))
        pixels.append(UInt8(128))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private func fault(_ bytes: [UInt8]) -> ImageDecodingError? {
    #expect(throws: ImageDecodingError.self) { _ = try ImageDecoder().decode(bytes, name: "a.jpg") }
  }

  /// The offset of a frame header's marker; its precision is 4 bytes on, then height and width of two bytes each.
  private func frameHeader(of bytes: [UInt8]) throws -> Int {
    let markers: [[UInt8]] = [[0xFF, 0xC0], [0xFF, 0xC2]]
    let places = markers.compactMap { bytes.firstRange(of: $0)?.lowerBound }
    return try #require(places.min())
  }

  private func lastScan(of bytes: [UInt8]) throws -> Int {
    let place = bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
    return try #require(place)
  }

  @Test(arguments: [(350, 500, 350), (351, 1000, 700), (175, 250, 175), (88, 125, 88), (89, 250, 175), (1, 125, 88)])
  func fastPathKeepsTheShorterSide(minimum: Int, width: Int, height: Int) throws {
    let bytes = gradient(width: 1000, height: 700).jpegData(quality: 95)
    let fast = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: minimum))
    let decoded = try fast.decode(bytes, name: "a.jpg")
    #expect(decoded.image.width == width && decoded.image.height == height)
    #expect(decoded.metadata.width == 1000 && decoded.metadata.height == 700)
    let exact = try ImageDecoder().decode(bytes, name: "a.jpg").image
    let difference = SampleDifference(
      decoded.image.resizedAndCropped(shorterSide: 64, crop: 56).pixels,
      exact.resizedAndCropped(shorterSide: 64, crop: 56).pixels)
    // Rounding 87.5 rows up to 88 shifts the picture by half a row of the scaled one.
    #expect(difference.mean <= 1, "\(difference)")
    #expect(difference.maximum <= 4, "\(difference)")
  }

  @Test func fastPathScalesProgressiveAndTurnedPictures() throws {
    let fast = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: 15))
    let progressive = try fast.decode(TestData.fixture("progressive.jpg"), name: "progressive")
    #expect(progressive.image.width == 20 && progressive.image.height == 15)
    for orientation in 1...8 {
      let turned = try fast.decode(TestData.fixture("orientation-\(orientation).jpg"), name: "turned")
      let sides = orientation < 5 ? (20, 15) : (15, 20)
      #expect((turned.image.width, turned.image.height) == sides)
      #expect((turned.metadata.width, turned.metadata.height) == (orientation < 5 ? (40, 29) : (29, 40)))
    }
  }

  @Test func fastPathLeavesOtherFormatsAlone() throws {
    let bytes = try TestData.fixture("filtered.png")
    let fast = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: 1))
    #expect(try fast.decode(bytes, name: "a") == ImageDecoder().decode(bytes, name: "a"))
  }

  @Test func endlessScansAreRefused() throws {
    let bytes = try TestData.fixture("progressive.jpg")
    // The second scan is the first of luma's details; the tables of the third follow it.
    let scans = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
    let tables = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC4 }
    let end = try #require(tables.first { $0 > scans[1] })
    func repeated(_ count: Int) -> [UInt8] {
      Array(bytes[..<end] + (0..<count).flatMap { _ in bytes[scans[1]..<end] } + bytes[end...])
    }
    let error = fault(repeated(1000))
    #expect(error?.code == .corrupt)
    #expect(error?.reason.contains("scans") == true)
    let few = try ImageDecoder().decode(repeated(20), name: "few")
    #expect(try few == ImageDecoder().decode(bytes, name: "once"))
  }

  @Test(arguments: ["progressive.jpg", "grey-progressive.jpg", "arithmetic.jpg"])
  func aLostEndOfSeveralScansIsTruncated(name: String) throws {
    let bytes = try TestData.fixture(name)
    // A scan that is missing can't be told from a file that never had it, so that the end marker must be there.
    #expect(fault(Array(bytes.dropLast(2)))?.code == .truncated)
    #expect(fault(Array(bytes[..<(try lastScan(of: bytes))]))?.code == .truncated)
  }

  @Test(arguments: ["baseline-420.jpg", "grey.jpg", "cmyk.jpg", "restart.jpg"])
  func everyLossOfSamplesIsTruncated(name: String) throws {
    let bytes = try TestData.fixture(name)
    for count in stride(from: bytes.count - 12, to: 4, by: -7) {
      #expect(fault(Array(bytes[..<count]))?.code == .truncated, "cut to \(count)")
    }
  }

  @Test func damagedSamplesAreCorrupt() throws {
    var bytes = try TestData.fixture("baseline-420.jpg")
    // A marker within the samples ends them early.
    let start = try lastScan(of: bytes) + 40
    bytes.replaceSubrange(start..<start + 2, with: [0xFF, 0xD9])
    #expect(fault(bytes)?.code == .corrupt)
  }

  @Test func processesThatLibjpegLacksAreUnsupported() throws {
    let bytes = try TestData.fixture("baseline-444.jpg")
    let frame = try frameHeader(of: bytes)
    var lossless = bytes
    lossless[frame + 1] = 0xC3
    #expect(fault(lossless)?.code == .unsupportedFormat)
    var deep = bytes
    deep[frame + 4] = 12
    #expect(fault(deep)?.code == .unsupportedFormat)
  }

  @Test func impossibleSizesAreRefusedFromTheHeader() throws {
    let bytes = try TestData.fixture("baseline-444.jpg")
    let frame = try frameHeader(of: bytes)
    var empty = bytes
    empty.replaceSubrange(frame + 5..<frame + 7, with: [0, 0])
    #expect(fault(empty)?.code == .zeroSized)
    var huge = bytes
    huge.replaceSubrange(frame + 5..<frame + 9, with: [0x5D, 0xC0, 0x5D, 0xC0])
    let error = fault(huge)
    #expect(error?.code == .tooManyPixels)
    #expect(
      error?.reason
        == "24000 × 24000 = 576 megapixels, more than the limit of 100; raise it with --max-megapixels")
  }

  @Test func theEstimateCountsCoefficients() throws {
    let decoder = ImageDecoder()
    let baseline = try decoder.header(of: TestData.fixture("baseline-420.jpg"), name: "a")
    let progressive = try decoder.header(of: TestData.fixture("progressive.jpg"), name: "a")
    let fast = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: 1))
    #expect(
      try fast.header(of: TestData.fixture("baseline-420.jpg"), name: "a").estimatedDecodingBytes
        < baseline.estimatedDecodingBytes)
    // 3 × 2 units of 4 + 1 + 1 blocks of 64 coefficients of 2 bytes.
    #expect(progressive.estimatedDecodingBytes - baseline.estimatedDecodingBytes == 3 * 2 * 6 * 64 * 2)
  }

  @Test func encodingKeepsThePicture() throws {
    let image = gradient(width: 63, height: 45)
    let best = image.jpegData(quality: 100)
    let decoded = try ImageDecoder().decode(best, name: "a.jpg")
    #expect(decoded.metadata.format == .jpeg)
    #expect(SampleDifference(decoded.image.pixels, image.pixels).maximum <= 4)
    #expect(image.jpegData(quality: 10).count < best.count)
    #expect(image.jpegData(quality: 1000) == best)
    #expect(try ImageDecoder().decode(image.jpegData(quality: -5), name: "a").image.width == 63)
    let sliver = RGBImage(width: 65_501, height: 1, pixels: [UInt8](repeating: 0, count: 65_501 * 3))
    #expect(sliver.jpegData().isEmpty)
  }
}

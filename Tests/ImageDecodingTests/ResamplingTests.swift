import Foundation
import Testing

@testable import ImageDecoding

@Suite struct ResamplingTests {
  private struct Case: Decodable {
    var source: String
    var width: Int?
    var height: Int?
    var shorterSide: Int?
    var crop: Int?
    var crc32: UInt32
  }

  private func noise(width: Int, height: Int, seed: UInt64) -> RGBImage {
    var generator = SeededGenerator(seed: seed)
    let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test func matchesPillowToTheBit() throws {
    let url = TestData.fixtures.appendingPathComponent("resampling.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
    #expect(cases.count == 20)
    for item in cases {
      let source = try ImageDecoder().decode(TestData.fixture(item.source), name: item.source).image
      let result: RGBImage
      if let width = item.width, let height = item.height {
        result = source.resized(width: width, height: height)
        #expect(result.width == width && result.height == height)
      } else {
        let crop = try #require(item.crop)
        result = source.resizedAndCropped(shorterSide: try #require(item.shorterSide), crop: crop)
        #expect(result.width == crop && result.height == crop)
      }
      #expect(crc32(result.pixels) == item.crc32, "\(item)")
    }
  }

  /// The crop computes only what it needs; the whole resize followed by cutting must give the same.
  @Test(arguments: [(50, 37), (37, 50), (40, 40), (9, 61), (61, 9), (3, 2), (300, 41)])
  func cropIsAPartOfTheWholeResize(width: Int, height: Int) {
    let seed = UInt64(width * 1000 + height)
    print("seed \(seed)")
    let image = noise(width: width, height: height, seed: seed)
    for (shorterSide, crop) in [(32, 28), (40, 40), (17, 16), (16, 5)] {
      let size = FormPlan(.centerCrop(shorterSide: shorterSide, side: crop), width: width, height: height)
      let whole = image.resized(width: size.width, height: size.height)
      let left = Int((Double(size.width - crop) / 2).rounded(.toNearestOrEven))
      let top = Int((Double(size.height - crop) / 2).rounded(.toNearestOrEven))
      let rows = (top..<top + crop).map { row in
        whole.pixels[(row * size.width + left) * 3..<(row * size.width + left + crop) * 3]
      }
      let expected = RGBImage(width: crop, height: crop, pixels: Array(rows.joined()))
      #expect(image.resizedAndCropped(shorterSide: shorterSide, crop: crop) == expected)
    }
  }

  @Test func longNarrowPicturesCostLittle() {
    // Resized whole this would be 256 × 15 360 000.
    let image = RGBImage(width: 1, height: 60_000, pixels: [UInt8](repeating: 90, count: 180_000))
    let crop = image.resizedAndCropped(shorterSide: 256, crop: 224)
    #expect(crop.pixels == [UInt8](repeating: 90, count: 224 * 224 * 3))
    let flat = RGBImage(width: 60_000, height: 1, pixels: image.pixels)
    #expect(flat.resizedAndCropped(shorterSide: 256, crop: 224).pixels == crop.pixels)
  }

  @Test func onePixelFillsTheCrop() {
    let image = RGBImage(width: 1, height: 1, pixels: [10, 200, 30])
    let crop = image.resizedAndCropped(shorterSide: 256, crop: 224)
    #expect(crop.width == 224 && crop.height == 224)
    #expect(crop.pixels == [UInt8]((0..<224 * 224).map { _ in [10, 200, 30] }.joined()))
  }

  @Test func aCropBeyondThePictureIsPaddedWithBlack() {
    let image = RGBImage(width: 4, height: 4, pixels: [UInt8](repeating: 255, count: 48))
    let crop = image.resizedAndCropped(shorterSide: 4, crop: 7)
    let white = (0..<7).map { row in (0..<7).map { column in (1..<5).contains(row) && (1..<5).contains(column) } }
    #expect(crop.pixels == white.joined().flatMap { [UInt8](repeating: $0 ? 255 : 0, count: 3) })
  }

  @Test func halfPixelsGoToTheEvenSideAsPythonRounds() {
    let placements = (10...17).map { RGBImage.cropPlacement(of: $0, crop: 10).range.lowerBound }
    #expect(placements == [0, 0, 1, 2, 2, 2, 3, 4])
  }

  @Test func thumbnailsFitAndNeverGrow() {
    let image = noise(width: 90, height: 31, seed: 5)
    let small = image.thumbnail(longerSide: 30)
    #expect(small.width == 30 && small.height == 10)
    #expect(image.thumbnail(longerSide: 90) == image)
    #expect(image.thumbnail(longerSide: 500) == image)
    let sliver = RGBImage(width: 2000, height: 1, pixels: [UInt8](repeating: 7, count: 6000)).thumbnail(longerSide: 20)
    #expect(sliver.width == 20 && sliver.height == 1 && sliver.pixels.allSatisfy { $0 == 7 })
  }

  @Test func sameSizeIsUnchanged() {
    let image = noise(width: 13, height: 8, seed: 6)
    #expect(image.resized(width: 13, height: 8) == image)
  }
}

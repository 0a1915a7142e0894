import Foundation
import ImageDecoding
import Testing

@testable import Kindred

@Suite struct PictureComparisonTests {
  // MARK: Pictures

  private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/images/imagenet-sample").standardizedFileURL.path

  /// Real pictures, none of which is another; none where `../shared` is not here.
  private static let pictures: [RGBImage] = {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: sample).sorted(), names.count >= 200 else {
      print("skipped: ../shared/images/imagenet-sample is not here")
      if ProcessInfo.processInfo.environment["CI"] == "true" { Issue.record("../shared is absent though CI=true") }
      return []
    }
    let decoder = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: 180))
    return [3, 57, 110, 170].compactMap {
      try? decoder.decode(contentsOf: sample + "/" + names[$0]).image.thumbnail(longerSide: 256)
    }
  }()

  private static func edit(
    _ image: RGBImage, width: Int, height: Int, _ sample: (_ x: Int, _ y: Int, _ channel: Int) -> Int
  ) -> RGBImage {
    var pixels = [UInt8]()
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 { pixels.append(UInt8(max(0, min(255, sample(x, y, channel))))) }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private static func encoded(_ image: RGBImage, quality: Int) throws -> RGBImage {
    try ImageDecoder().decode(image.jpegData(quality: quality), name: "test").image
  }

  private static func uniform(_ red: UInt8, _ green: UInt8, _ blue: UInt8, width: Int = 60, height: Int = 40)
    -> RGBImage
  {
    RGBImage(
      width: width, height: height,
      pixels: (0..<width * height).flatMap { _ in [red, green, blue] })
  }

  private static func noise(_ generator: inout SeededGenerator, width: Int, height: Int, cell: Int) -> RGBImage {
    let columns = width / cell + 1
    let cells = (0..<columns * (height / cell + 1) * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return edit(uniform(0, 0, 0, width: 1, height: 1), width: width, height: height) { x, y, channel in
      Int(cells[(y / cell * columns + x / cell) * 3 + channel])
    }
  }

  private static func compare(_ first: RGBImage, _ second: RGBImage) -> PictureComparison {
    let (one, other) = (PictureSignature(first), PictureSignature(second))
    let comparison = PictureComparison(one, other)
    #expect(comparison == PictureComparison(other, one))
    return comparison
  }

  // MARK: The same picture

  /// A ring with a stem at its side, as `d` is; with a dot above it, if told so.
  private static func letter(dotted: Bool = false, mirrored: Bool = false, stem: Bool = true) -> RGBImage {
    let side = 200
    return edit(uniform(0, 0, 0, width: 1, height: 1), width: side, height: side) { x, y, _ in
      let x = mirrored ? side - 1 - x : x
      let distance = (pow(Double(x - 90), 2) + pow(Double(y - 130), 2)).squareRoot()
      let isRing = (35...55).contains(distance)
      let isStem = stem && (125...145).contains(x) && (20...185).contains(y)
      let isDot = dotted && (80...100).contains(x) && (30...50).contains(y)
      return isRing || isStem || isDot ? 0 : 255
    }
  }

  /// b is no mirrored d, and å no copy of a: in drawings of two tones, only the same drawing is the same.
  @Test func lettersAreNotEachOther() throws {
    let letter = Self.letter()
    #expect(PictureSignature(letter).isLineArt)
    #expect(!Self.compare(letter, Self.letter(mirrored: true)).isSame)
    #expect(!Self.compare(letter, Self.letter(dotted: true)).isSame)
    #expect(!Self.compare(letter, Self.letter(stem: false)).isSame)
    #expect(Self.compare(letter, letter.resized(width: 120, height: 120)).isSame)
    #expect(Self.compare(letter, try Self.encoded(letter, quality: 70)).isSame)
    for picture in Self.pictures { #expect(!PictureSignature(picture).isLineArt) }
  }

  @Test func editsAreTheSamePicture() throws {
    for image in Self.pictures {
      let (width, height) = (image.width, image.height)
      func at(_ x: Int, _ y: Int, _ channel: Int) -> Int { Int(image.pixels[(y * width + x) * 3 + channel]) }
      func expect(_ edited: RGBImage, _ relation: PictureRelation, line: Int = #line) {
        let comparison = Self.compare(image, edited)
        #expect(comparison.isSame, "line \(line): \(comparison)")
        #expect(comparison.relation.isSuperset(of: relation), "line \(line): \(comparison)")
      }
      expect(image, .sameSamples)
      expect(try Self.encoded(image, quality: 30), .reencoded)
      expect(image.resized(width: width / 2, height: height / 2), .resized)
      expect(
        Self.edit(image, width: width, height: height) { at(width - 1 - $0, $1, $2) }, .mirrored)
      expect(Self.edit(image, width: height, height: width) { at($1, height - 1 - $0, $2) }, .turned)
      expect(
        Self.edit(image, width: width * 9 / 10, height: height * 9 / 10) { at($0 + width / 20, $1 + height / 30, $2) },
        .cropped)
      expect(Self.edit(image, width: width, height: height) { at($0, $1, $2) * 13 / 10 }, .toned)
      // Something small put over it.
      let (left, top) = (width / 3, height * 4 / 5)
      let over = Self.edit(image, width: width, height: height) { x, y, channel in
        (left..<left + width / 4).contains(x) && (top..<top + 9).contains(y) && (x / 3 + y / 3) % 3 == 0
          ? 255 : at(x, y, channel)
      }
      expect(over, .edited)
    }
  }

  // MARK: Other pictures

  @Test func otherPicturesAreNotTheSame() {
    for (index, image) in Self.pictures.enumerated() {
      for other in Self.pictures[(index + 1)...] { #expect(!Self.compare(image, other).isSame) }
    }
  }

  /// As in a burst: the ground is the same, and the middle moved.
  @Test func aPictureWhoseMiddleMovedIsNotTheSame() {
    for image in Self.pictures {
      let (width, height) = (image.width, image.height)
      let (columns, rows) = (width * 3 / 10..<width * 7 / 10, height * 3 / 10..<height * 7 / 10)
      let moved = Self.edit(image, width: width, height: height) { x, y, channel in
        let isInside = columns.contains(x) && rows.contains(y)
        return Int(
          image.pixels[((isInside ? y + height / 20 : y) * width + (isInside ? x - width / 12 : x)) * 3 + channel])
      }
      let comparison = Self.compare(image, moved)
      #expect(!comparison.isSame, "\(comparison)")
    }
  }

  @Test func noiseIsNeverOtherNoise() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for cell in [1, 4, 12] {
      let first = Self.noise(&generator, width: 120, height: 90, cell: cell)
      let second = Self.noise(&generator, width: 120, height: 90, cell: cell)
      let comparison = Self.compare(first, second)
      #expect(!comparison.isSame, "cells of \(cell), \(comparison)")
    }
  }

  // MARK: Next to nothing

  @Test func uniformPicturesAreTheSameOnlyInOneColour() {
    let blue = Self.uniform(20, 40, 200)
    #expect(Self.compare(blue, Self.uniform(20, 40, 200, width: 30, height: 20)).isSame)
    #expect(Self.compare(blue, Self.uniform(21, 40, 200)).isSame)
    #expect(!Self.compare(blue, Self.uniform(200, 40, 20)).isSame)
    #expect(!Self.compare(blue, Self.uniform(60, 80, 240)).isSame)
    #expect(!Self.compare(blue, Self.uniform(20, 40, 200, width: 20, height: 60)).isSame)
    #expect(!Self.compare(Self.uniform(255, 255, 255), Self.uniform(0, 0, 0)).isSame)
  }

  @Test func gradientsAreNoEvidence() {
    func gradient(_ from: Int, _ to: Int) -> RGBImage {
      Self.edit(Self.uniform(0, 0, 0), width: 120, height: 90) { _, y, _ in from + (to - from) * y / 90 }
    }
    #expect(!Self.compare(gradient(0, 255), gradient(60, 180)).isSame)
  }

  /// Sizes that leave nothing to align, and shapes that are nearly lines.
  @Test func strangeSizesAreCompared() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let sizes = [(1, 1), (2, 1), (1, 300), (700, 2), (3, 3), (5, 90), (40, 7), (64, 64)]
    let images = sizes.map { Self.noise(&generator, width: $0.0, height: $0.1, cell: 1) }
    for (index, image) in images.enumerated() {
      #expect(Self.compare(image, image).isSame)
      for other in images[(index + 1)...] where image.width * other.height != image.height * other.width {
        #expect(!Self.compare(image, other).isSame, "\(image.width)×\(image.height) \(other.width)×\(other.height)")
      }
    }
  }

  @Test func signaturesKeepShapesWithinBounds() {
    #expect(PictureSignature.size(width: 4000, height: 3000) == (128, 96))
    #expect(PictureSignature.size(width: 50, height: 20) == (50, 20))
    #expect(PictureSignature.size(width: 1000, height: 50) == (320, 16))
    #expect(PictureSignature.size(width: 100_000, height: 2) == (512, 1))
    #expect(PictureSignature.size(width: 1, height: 1) == (1, 1))
  }
}

import Foundation
import Testing

@testable import ImageDecoding

/// Decoding no more of a picture than its forms need.
@Suite struct FormTests {
  static let forms: [[PictureForm]] = [
    [.centerCrop(shorterSide: 16, side: 14)], [.squashed(side: 12)],
    [.centerCrop(shorterSide: 40, side: 35), .squashed(side: 35)], [.centerCrop(shorterSide: 149, side: 60)],
    [.centerCrop(shorterSide: 29, side: 3), .centerCrop(shorterSide: 200, side: 7)],
    [.centerCrop(shorterSide: 5, side: 9)],
  ]

  static let names = Fixture.all.filter { $0.format == .jpeg }.map(\.name) + regions + ["filtered.png", "lossy.webp"]

  static let regions =
    ["420", "422", "444", "440", "411"].flatMap { ["region-\($0).jpg", "region-\($0)-progressive.jpg"] }
    + ["region-grey.jpg", "region-cmyk.jpg"] + (2...8).map { "region-orientation-\($0).jpg" }

  @Test(arguments: names) func exactFormsAreThoseOfTheWholePicture(name: String) throws {
    let bytes = try TestData.fixture(name)
    let whole = try ImageDecoder().decode(bytes, name: name)
    for forms in Self.forms {
      let formed = try ImageDecoder().decode(bytes, name: name, forms: forms)
      #expect(formed.images == forms.map { whole.image.formed($0) }, "\(forms)")
      #expect(formed.metadata == whole.metadata)
    }
  }

  /// The fast path decodes at a smaller size and is exact from there on.
  @Test(arguments: names) func fastFormsAreThoseOfTheScaledPicture(name: String) throws {
    let bytes = try TestData.fixture(name)
    for forms in Self.forms {
      let shorterSide = forms.map(\.shorterSide).max() ?? 1
      let fast = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: shorterSide))
      let scaled = try fast.decode(bytes, name: name)
      // What the decoder is told of sides is for pictures without forms.
      let other = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: 1))
      let formed = try other.decode(bytes, name: name, forms: forms)
      #expect(formed.images == forms.map { scaled.image.formed($0) }, "\(forms)")
      #expect(formed.metadata == scaled.metadata)
    }
  }

  @Test func fastFormsAreNeverEnlarged() throws {
    let bytes = try TestData.fixture("region-420.jpg")
    let fast = ImageDecoder(options: DecodingOptions(path: .fast))
    // 149 rows at half size are 75.
    for (shorterSide, isExact) in [(75, false), (76, true)] {
      let form = PictureForm.centerCrop(shorterSide: shorterSide, side: 64)
      let formed = try fast.decode(bytes, name: "a", forms: [form]).images
      #expect((try formed == ImageDecoder().decode(bytes, name: "a", forms: [form]).images) == isExact)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 7], [1, 2, 4, 9])
  func smallPicturesHaveForms(width: Int, height: Int) throws {
    var generator = SeededGenerator(seed: UInt64(width * 10 + height))
    let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let bytes = RGBImage(width: width, height: height, pixels: pixels).jpegData(quality: 90)
    let whole = try ImageDecoder().decode(bytes, name: "a").image
    for path in DecodingOptions.Path.allCases {
      let decoder = ImageDecoder(options: DecodingOptions(path: path))
      for form in [PictureForm.centerCrop(shorterSide: 256, side: 224), .squashed(side: 224)] {
        #expect(try decoder.decode(bytes, name: "a", forms: [form]).images == [whole.formed(form)])
      }
    }
  }

  /// What lies outside the crop is not transformed, but a file that ends there is still found out.
  @Test(arguments: ["baseline-420.jpg", "region-411.jpg", "region-orientation-6.jpg", "region-420-progressive.jpg"])
  func everyLossOfSamplesIsFoundOut(name: String) throws {
    let bytes = try TestData.fixture(name)
    for path in DecodingOptions.Path.allCases {
      let decoder = ImageDecoder(options: DecodingOptions(path: path))
      for count in stride(from: bytes.count - 12, to: 4, by: -max(7, bytes.count / 40)) {
        let error = #expect(throws: ImageDecodingError.self) {
          _ = try decoder.decode(Array(bytes[..<count]), name: "a", forms: [.centerCrop(shorterSide: 20, side: 4)])
        }
        #expect(error?.code == .truncated, "cut to \(count)")
      }
    }
  }

  @Test func photosHaveTheSameForms() throws {
    guard TestData.hasShared("images/imagenet-sample") else { return }
    let folder = TestData.shared.appendingPathComponent("images/imagenet-sample").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().prefix(40)
    let forms = [PictureForm.centerCrop(shorterSide: 256, side: 224), .squashed(side: 224)]
    for name in names {
      let bytes = try ImageDecoder().read(contentsOf: folder + "/" + name)
      let whole = try ImageDecoder().decode(bytes, name: name).image
      let expected = forms.map { whole.formed($0) }
      #expect(try ImageDecoder().decode(bytes, name: name, forms: [forms[0]]).images == [expected[0]], "\(name)")
      #expect(try ImageDecoder().decode(bytes, name: name, forms: forms).images == expected, "\(name)")
    }
  }

  @Test func partsOfTurnedPicturesAreFound() {
    let (width, height) = (7, 5)
    for orientation in Orientation.allCases {
      let upright = orientation.applied(width: width, height: height)
      let stored = orientation.stored(Rectangle(columns: 1..<3, rows: 0..<4), width: width, height: height)
      // Where the canvas puts the rectangle's stored pixels.
      let image = try? RGBImage.make(width: width, height: height, orientation: orientation) {
        (canvas) throws(DecodingFault) in
        for row in 0..<height {
          for column in 0..<width {
            let isInside = stored.columns.contains(column) && stored.rows.contains(row)
            canvas.write(pixels: [UInt8](repeating: isInside ? 1 : 0, count: 3), count: 1, row: row, column: column)
          }
        }
      }
      let expected = (0..<upright.height).flatMap { row in
        (0..<upright.width).flatMap { column in
          [UInt8](repeating: (1..<3).contains(column) && (0..<4).contains(row) ? 1 : 0, count: 3)
        }
      }
      #expect(image?.pixels == expected, "\(orientation)")
    }
  }
}

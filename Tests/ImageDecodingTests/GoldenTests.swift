import Foundation
import Testing

@testable import ImageDecoding

/// The exact path against Pillow and torchvision, on the reference photos.
@Suite struct GoldenTests {
  private func names() throws -> [String] {
    let list = TestData.shared.appendingPathComponent("golden/reference-images.json")
    return try JSONDecoder().decode([String].self, from: Data(contentsOf: list))
  }

  private func path(_ name: String) -> String {
    TestData.shared.appendingPathComponent("images/imagenet-sample/\(name)").path
  }

  @Test func cropsMatchTheReference() throws {
    guard TestData.hasShared("golden/reference.safetensors") else { return }
    let names = try names()
    let reference = try ByteTensorFile(TestData.shared.appendingPathComponent("golden/reference.safetensors"))
      .bytes("cropped_rgb_u8")
    try #require(reference.shape == [names.count, 224, 224, 3])
    let decoder = ImageDecoder()
    var difference = SampleDifference()
    for (index, name) in names.enumerated() {
      let image = try decoder.decode(contentsOf: path(name)).image
      let crop = image.resizedAndCropped(shorterSide: 256, crop: 224)
      difference.add(crop.pixels, reference.bytes[index * crop.pixels.count..<(index + 1) * crop.pixels.count])
    }
    print("crops against the reference: \(difference)")
    #expect(difference.count == reference.bytes.count)
    #expect(difference.mean <= 0.25)
    #expect(difference.share(within: 2) >= 0.999)
  }
}

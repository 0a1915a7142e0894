import ImageDecoding
import Inference
import Testing

@testable import ResNet

struct PrepareTests {
  private static let recipe = ImageModelTests.recipe

  private func model(_ change: (inout PreprocessingRecipe) -> Void = { _ in }) throws -> ImageModel {
    var recipe = Self.recipe
    change(&recipe)
    return try ImageModel(graph: TinySpec.basic.graph(randomSeed: 1), recipe: recipe)
  }

  @Test func everySampleIsNormalisedInItsPlane() throws {
    let image = ImageModelTests.picture(width: 61, height: 50)
    let cropped = image.resizedAndCropped(shorterSide: 40, crop: 32)
    for order in [PreprocessingRecipe.ChannelOrder.rgb, .bgr] {
      let model = try model { $0.channelOrder = order }
      let prepared = model.prepare(image)
      try #require(prepared.count == 3 * 32 * 32)
      for channel in 0..<3 {
        let source = order == .rgb ? channel : 2 - channel
        for pixel in 0..<32 * 32 {
          let sample = Float(cropped.pixels[pixel * 3 + source]) / 255
          let expected = (sample - Self.recipe.mean[channel]) / Self.recipe.standardDeviation[channel]
          #expect(abs(prepared[channel * 32 * 32 + pixel] - expected) < 1e-5)
        }
      }
      #expect(model.normalize(croppedPixels: cropped.pixels + cropped.pixels) == prepared + prepared)
      #expect(model.normalize(croppedPixels: []) == [])
    }
  }

  @Test(arguments: [(61, 50), (40, 40), (50, 61), (33, 300), (47, 40), (40, 49), (8, 9)])
  func tenCropsAreCornersCentreAndMirrors(width: Int, height: Int) throws {
    let model = try model()
    let image = ImageModelTests.picture(width: width, height: height)
    let size = 3 * 32 * 32
    let views = model.prepareTenCrop(image)
    try #require(views.count == 10 * size)
    func view(_ index: Int) -> [Float] { Array(views[index * size..<(index + 1) * size]) }
    #expect(view(4) == model.prepare(image))

    let shorter = min(width, height)
    let resized = image.resized(width: width * 40 / shorter, height: height * 40 / shorter)
    let (right, bottom) = (resized.width - 32, resized.height - 32)
    for (index, corner) in [(0, 0), (right, 0), (0, bottom), (right, bottom)].enumerated() {
      var pixels: [UInt8] = []
      for row in 0..<32 {
        let start = ((corner.1 + row) * resized.width + corner.0) * 3
        pixels += resized.pixels[start..<start + 32 * 3]
      }
      #expect(view(index) == model.normalize(croppedPixels: pixels))
    }
    for index in 0..<5 {
      var mirrored: [Float] = []
      let upright = view(index)
      for row in 0..<3 * 32 { mirrored += upright[row * 32..<(row + 1) * 32].reversed() }
      #expect(view(index + 5) == mirrored)
    }
  }

  @Test func extremePicturesStayBounded() throws {
    let model = try model()
    for (width, height) in [(1, 1), (1, 20_000), (20_000, 1)] {
      let image = RGBImage(width: width, height: height, pixels: [UInt8](repeating: 9, count: width * height * 3))
      #expect(model.prepare(image).count == 3 * 32 * 32)
      let views = model.prepareTenCrop(image)
      #expect(views.count == 10 * 3 * 32 * 32)
      #expect(Set(views).count <= 3)
    }
  }
}

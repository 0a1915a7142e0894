import Foundation
import ImageDecoding

extension ImageModel {
  private static let longestTenCropRatio = 32

  /// Resizes, crops and normalises one picture.
  /// - Returns: `[3, crop, crop]`, flattened.
  public func prepare(_ image: RGBImage) -> [Float] { prepare(image, views: [.crop]) }

  /// Resizes, crops and normalises views of one picture.
  /// - Returns: `[views, 3, crop, crop]`, flattened.
  public func prepare(_ image: RGBImage, views: [PictureView]) -> [Float] {
    let side = recipe.crop
    let wantsCrop = views.contains { $0 == .crop || $0 == .cropMirror }
    let wantsSquash = views.contains { $0 == .squash || $0 == .squashMirror }
    let cropped = wantsCrop ? image.resizedAndCropped(shorterSide: recipe.shorterSide, crop: side) : image
    let squashed = wantsSquash ? image.resized(width: side, height: side) : image
    return views.flatMap { view in
      switch view {
      case .crop: pixelTable.planes(of: cropped, views: [View(x: 0, y: 0)], side: side)
      case .cropMirror: pixelTable.planes(of: cropped, views: [View(x: 0, y: 0, isMirrored: true)], side: side)
      case .squash: pixelTable.planes(of: squashed, views: [View(x: 0, y: 0)], side: side)
      case .squashMirror: pixelTable.planes(of: squashed, views: [View(x: 0, y: 0, isMirrored: true)], side: side)
      }
    }
  }

  /// Normalises pictures that are already cropped.
  /// - Parameter pixels: `[N, crop, crop, 3]`, interleaved R, G, B.
  /// - Returns: `[N, 3, crop, crop]`, flattened.
  /// - Precondition: `pixels` holds a whole number of pictures.
  public func normalize(croppedPixels pixels: [UInt8]) -> [Float] {
    let side = recipe.crop
    precondition(pixels.count % (3 * side * side) == 0, "the pixels are not whole pictures of \(side)×\(side)")
    let rows = pixels.count / (3 * side)
    guard rows > 0 else { return [] }
    let strip = RGBImage(width: side, height: rows, pixels: pixels)
    return pixelTable.planes(of: strip, views: (0..<rows / side).map { View(x: 0, y: $0 * side) }, side: side)
  }

  /// The ten views of one picture that the paper's ImageNet results average over: the four corners and the centre of
  /// the resized picture, then the same mirrored (Krizhevsky et al. 2012). A picture of more than 32 times its breadth
  /// is squeezed to that first.
  /// - Returns: `[10, 3, crop, crop]`, flattened.
  public func prepareTenCrop(_ image: RGBImage) -> [Float] {
    let side = recipe.crop
    // Shorter sides are as long as the recipe says; longer ones are bounded, or a picture of one row would fill memory.
    let shorter = min(image.width, image.height)
    let scaled = { (length: Int) in
      min(length * self.recipe.shorterSide / shorter, Self.longestTenCropRatio * self.recipe.shorterSide)
    }
    let resized = image.resized(width: scaled(image.width), height: scaled(image.height))
    let (right, bottom) = (resized.width - side, resized.height - side)
    // Halves go to the even side, so that the centre is the view that prepare gives.
    func half(_ slack: Int) -> Int { Int((Double(slack) / 2).rounded(.toNearestOrEven)) }
    let (middle, center) = (half(right), half(bottom))
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom), (middle, center)]
    let views = [false, true].flatMap { mirrored in corners.map { View(x: $0.0, y: $0.1, isMirrored: mirrored) } }
    return pixelTable.planes(of: resized, views: views, side: side)
  }
}

/// A square part of a picture.
struct View {
  var x: Int
  var y: Int
  var isMirrored = false
}

/// The normalised value of every 8-bit sample of every channel of the network's input.
struct PixelTable: Sendable {
  /// 256 numbers a channel, in the recipe's channel order.
  private let values: [Float]
  /// Which sample of R, G, B each channel is.
  private let sources: [Int]

  init(_ recipe: PreprocessingRecipe) {
    sources = recipe.channelOrder == .rgb ? [0, 1, 2] : [2, 1, 0]
    values = (0..<3).flatMap { channel in
      (0..<256).map { (Float($0) * recipe.scale - recipe.mean[channel]) / recipe.standardDeviation[channel] }
    }
  }

  /// Normalises views of a picture.
  /// - Precondition: every view of `side` × `side` lies inside the picture.
  /// - Returns: `[views, 3, side, side]`, flattened.
  func planes(of image: RGBImage, views: [View], side: Int) -> [Float] {
    precondition(
      views.allSatisfy { $0.x >= 0 && $0.y >= 0 && $0.x + side <= image.width && $0.y + side <= image.height })
    let count = views.count * 3 * side * side
    return [Float](unsafeUninitializedCapacity: count) { output, initialized in
      image.pixels.withUnsafeBufferPointer { pixels in
        values.withUnsafeBufferPointer { table in
          guard let pixels = pixels.baseAddress, let table = table.baseAddress, var target = output.baseAddress else {
            return
          }
          for view in views {
            for channel in 0..<3 {
              let lookup = table + channel * 256
              for row in 0..<side {
                var source = pixels + ((view.y + row) * image.width + view.x) * 3 + sources[channel]
                var step = 3
                if view.isMirrored {
                  source += (side - 1) * 3
                  step = -3
                }
                var column = 0
                while column < side {
                  target[column] = lookup[Int(source[column &* step])]
                  column &+= 1
                }
                target += side
              }
            }
          }
        }
      }
      initialized = count
    }
  }
}

/// e to the x; here because Foundation's other names collide with Inference's.
func exponential(_ x: Float) -> Float { exp(x) }

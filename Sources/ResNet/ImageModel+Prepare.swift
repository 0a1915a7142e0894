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
    prepare(recipe.forms(of: views).map { image.formed($0) }, views: views)
  }

  /// Normalises views of one picture.
  /// - Parameters:
  ///   - formed: the picture in each of the forms of ``PreprocessingRecipe/forms(of:)``.
  ///   - views: the views.
  /// - Returns: `[views, 3, crop, crop]`, flattened.
  public func prepare(_ formed: [RGBImage], views: [PictureView]) -> [Float] {
    let forms = recipe.forms(of: views)
    precondition(formed.count == forms.count)
    return normalization.planes(side: recipe.crop, count: views.count) { index in
      let place = forms.firstIndex(of: recipe.form(of: views[index])) ?? 0
      return (formed[place], View(x: 0, y: 0, isMirrored: views[index].isMirrored))
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
    return normalization.planes(side: side, count: rows / side) { (strip, View(x: 0, y: $0 * side)) }
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
    return normalization.planes(side: side, count: views.count) { (resized, views[$0]) }
  }
}

/// A square part of a picture.
struct View {
  var x: Int
  var y: Int
  var isMirrored = false
}

extension SampleNormalization {
  init(_ recipe: PreprocessingRecipe) {
    self.init(
      sources: recipe.channelOrder == .rgb ? [0, 1, 2] : [2, 1, 0], scale: recipe.scale, mean: recipe.mean,
      deviation: recipe.standardDeviation)
  }

  /// Normalises views of pictures.
  /// - Precondition: every view of `side` × `side` lies inside its picture.
  /// - Returns: `[count, 3, side, side]`, flattened.
  func planes(side: Int, count: Int, view: (Int) -> (image: RGBImage, view: View)) -> [Float] {
    let size = 3 * side * side
    return [Float](unsafeUninitializedCapacity: count * size) { output, initialized in
      for index in 0..<count {
        let (image, view) = view(index)
        image.writePlanes(
          to: UnsafeMutableBufferPointer(rebasing: output[index * size..<(index + 1) * size]), x: view.x, y: view.y,
          side: side, isMirrored: view.isMirrored, normalization: self)
      }
      initialized = count * size
    }
  }
}

/// e to the x; here because Foundation's other names collide with Inference's.
func exponential(_ x: Float) -> Float { exp(x) }

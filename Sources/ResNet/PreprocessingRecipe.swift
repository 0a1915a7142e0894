import ImageDecoding
import Inference

/// How a picture becomes a network's input. Part of a model: the same weights with another recipe give other features.
public struct PreprocessingRecipe: Sendable, Equatable, Codable {
  public enum ChannelOrder: String, Sendable, Codable { case rgb, bgr }

  /// Pixels of the shorter side after resizing.
  public var shorterSide: Int
  /// Side of the square centre crop, in pixels.
  public var crop: Int
  public var channelOrder: ChannelOrder
  /// What samples of 0…255 are multiplied with before the mean is subtracted.
  public var scale: Float
  /// Subtracted, one a channel in ``channelOrder``.
  public var mean: [Float]
  /// Divided by, one a channel in ``channelOrder``.
  public var standardDeviation: [Float]

  public init(
    shorterSide: Int, crop: Int, channelOrder: ChannelOrder, scale: Float, mean: [Float], standardDeviation: [Float]
  ) {
    self.shorterSide = shorterSide
    self.crop = crop
    self.channelOrder = channelOrder
    self.scale = scale
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// torchvision's and timm's: RGB over 255, minus the ImageNet mean, over its deviation.
  public static let torchvision = PreprocessingRecipe(
    shorterSide: 256, crop: 224, channelOrder: .rgb, scale: 1 / 255,
    mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])

  /// Caffe's, of the default model: BGR on the 0–255 scale minus the mean pixel.
  public static let caffe = PreprocessingRecipe(
    shorterSide: 256, crop: 224, channelOrder: .bgr, scale: 1,
    mean: [104, 117, 123], standardDeviation: [1, 1, 1])
}

extension PreprocessingRecipe {
  /// The forms of a picture that views are made of, each once.
  public func forms(of views: [PictureView]) -> [PictureForm] {
    var forms: [PictureForm] = []
    for view in views where !forms.contains(form(of: view)) { forms.append(form(of: view)) }
    return forms
  }

  func form(of view: PictureView) -> PictureForm {
    switch view {
    case .crop, .cropMirror: .centerCrop(shorterSide: shorterSide, side: crop)
    case .squash, .squashMirror: .squashed(side: crop)
    }
  }
}

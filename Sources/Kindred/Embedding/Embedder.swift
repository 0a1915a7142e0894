import Foundation
import ImageDecoding
import Inference
import ResNet
import VectorIndex

/// What the network said of one image.
public struct Embedding: Sendable, Equatable {
  /// The pooled penultimate-layer feature of each view, as the network gave it, with its likeliest classes.
  public var views: [ViewFeature]
  /// The classifier's classes with a probability above 0.1, at most five, likeliest first, by the first view; empty for
  /// a network without an ImageNet classifier.
  public var predictions: [Label]

  /// The first view's feature.
  public var feature: [Float] { views[0].vector }
  /// The first view's feature's Euclidean length.
  public var norm: Float { VectorMath.norm(feature) }

  /// Whether the features can be compared with others.
  var isUsable: Bool {
    views.allSatisfy { view in
      let norm = VectorMath.norm(view.vector)
      return norm.isFinite && norm > 0
    }
  }

  /// The first view's feature divided by its length; zeros where the length is zero.
  public var normalized: [Float] { VectorMath.normalized(feature) }
}

/// Runs images through a network.
public struct Embedder: Sendable {
  let model: ImageModel
  /// What the network looks at of each image.
  public let views: [PictureView]

  /// Predictions below this probability are not kept.
  static let leastProbability: Float = 0.1
  static let mostPredictions = 5

  /// - Parameters:
  ///   - model: the network.
  ///   - views: what it looks at of each image; one or more.
  public init(model: ImageModel, views: [PictureView] = [.crop]) {
    precondition(!views.isEmpty)
    self.model = model
    self.views = views
  }

  /// Embeds a decoded picture.
  public func embed(_ image: RGBImage) throws -> Embedding {
    try embed(prepared: prepare(image), count: 1)[0]
  }

  /// Resizes, crops and normalises a picture's views: `[views, 3, crop, crop]`, flattened.
  func prepare(_ image: RGBImage) -> [Float] { model.prepare(image, views: views) }

  /// Decodes a picture as far as its views need it, and prepares them as ``prepare(_:)`` does.
  /// - Parameters:
  ///   - bytes: the file's.
  ///   - name: what errors call it.
  ///   - decoder: decodes it.
  func prepare(
    _ bytes: [UInt8], name: String, decoder: ImageDecoder
  ) throws(ImageDecodingError) -> (input: [Float], metadata: ImageMetadata) {
    let formed = try decoder.decode(bytes, name: name, forms: model.recipe.forms(of: views))
    return (model.prepare(formed.images, views: views), formed.metadata)
  }

  /// Embeds a picture that is decoded already.
  /// - Parameter formed: the picture in each of the forms of the views.
  func embed(formed: [RGBImage]) throws -> Embedding {
    try embed(prepared: model.prepare(formed, views: views), count: 1)[0]
  }

  /// Embeds the picture of a file.
  /// - Parameters:
  ///   - bytes: the file's.
  ///   - name: what errors call it.
  ///   - decoder: decodes it.
  public func embed(_ bytes: [UInt8], name: String, decoder: ImageDecoder) throws -> Embedding {
    try embed(prepared: prepare(bytes, name: name, decoder: decoder).input, count: 1)[0]
  }

  /// Embeds prepared pictures.
  /// - Parameter inputs: `[count, views, 3, crop, crop]`, flattened.
  func embed(prepared inputs: [Float], count: Int) throws -> [Embedding] {
    guard count > 0 else { return [] }
    let side = model.recipe.crop
    let output = try model.run(Tensor(shape: [count * views.count, 3, side, side], values: inputs))
    let classifies = model.classCount == ImageNetClasses.all.count
    let probabilities = classifies ? output.logits.map { ImageModel.probabilities(of: $0).rows } : nil
    let features = output.features.rows
    return (0..<count).map { image in
      let own = image * views.count..<(image + 1) * views.count
      return Embedding(
        views: own.map { index in
          ViewFeature(
            vector: features[index],
            classes: probabilities.map {
              ClassProbability.likeliest($0[index], count: CollectionSettings.usualKeptClasses)
            } ?? [])
        },
        predictions: probabilities.map { Self.predictions($0[own.lowerBound]) } ?? [])
    }
  }

  private static func predictions(_ probabilities: [Float]) -> [Label] {
    probabilities.indices.filter { probabilities[$0] > leastProbability }
      .sorted { probabilities[$0] > probabilities[$1] }
      .prefix(mostPredictions)
      .map { Label(name: ImageNetClasses.all[$0].name, source: .predicted, confidence: Double(probabilities[$0])) }
  }
}

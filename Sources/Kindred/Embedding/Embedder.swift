import Foundation
import ImageDecoding
import Inference
import ResNet

/// What the network said of one image.
public struct Embedding: Sendable, Equatable {
  /// The pooled penultimate-layer feature as the network gave it.
  public var feature: [Float]
  /// The feature's Euclidean length.
  public var norm: Float
  /// The classifier's classes with a probability above 0.1, at most five, likeliest first; empty for a network without
  /// an ImageNet classifier.
  public var predictions: [Label]

  /// Whether the feature can be compared with others.
  var isUsable: Bool { norm.isFinite && norm > 0 }

  /// The feature divided by its length; zeros where the length is zero.
  public var normalized: [Float] { VectorMath.normalized(feature, norm: norm) }
}

/// Runs images through a network.
public struct Embedder: Sendable {
  let model: ImageModel

  /// Predictions below this probability are not kept.
  static let leastProbability: Float = 0.1
  static let mostPredictions = 5

  public init(model: ImageModel) { self.model = model }

  /// Embeds a decoded picture.
  public func embed(_ image: RGBImage) throws -> Embedding {
    try embed(prepared: model.prepare(image), count: 1)[0]
  }

  /// Embeds prepared pictures.
  /// - Parameter inputs: `[count, 3, crop, crop]`, flattened.
  func embed(prepared inputs: [Float], count: Int) throws -> [Embedding] {
    guard count > 0 else { return [] }
    let side = model.recipe.crop
    let output = try model.run(Tensor(shape: [count, 3, side, side], values: inputs))
    let classifies = model.classCount == ImageNetClasses.all.count
    let probabilities = classifies ? output.logits.map { ImageModel.probabilities(of: $0).rows } : nil
    return output.features.rows.enumerated().map { index, feature in
      Embedding(
        feature: feature, norm: VectorMath.norm(feature),
        predictions: probabilities.map { Self.predictions($0[index]) } ?? [])
    }
  }

  private static func predictions(_ probabilities: [Float]) -> [Label] {
    probabilities.indices.filter { probabilities[$0] > leastProbability }
      .sorted { probabilities[$0] > probabilities[$1] }
      .prefix(mostPredictions)
      .map { Label(name: ImageNetClasses.all[$0].name, source: .predicted, confidence: Double(probabilities[$0])) }
  }
}

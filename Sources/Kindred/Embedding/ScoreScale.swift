/// Turns cosines into the scores that people are shown.
///
/// The cosine of two pictures that have nothing in common depends on the network, the recipe and the collection. A score
/// does not: 1 is the same image, ``cutOff`` is where likeness ends and chance begins, and 0 is no more alike than any
/// two images of the collection are.
public struct ScoreScale: Sendable, Equatable {
  /// The score below which hits are no more alike than chance would have it.
  public static let cutOff: Float = 0.5
  /// Where the cut-off lies on the way from unrelated to the same: it keeps nearly all of the true nearest ten on every
  /// set and network, with a mean taken away or not (docs/quality.md).
  private static let cutOffPlace: Float = 0.26
  /// The median cosine of two images' embeddings in sets of photos, for collections that are too small to learn it from.
  private static let usual: (plain: Float, centered: Float) = (0.55, -0.025)

  /// The median cosine of two images of the collection; score 0.
  public var unrelated: Float
  /// The cosine of ``ScoreScale/cutOff``.
  public var related: Float { unrelated + Self.cutOffPlace * (1 - unrelated) }

  /// - Parameter unrelated: the median cosine of two images, −1…1.
  public init(unrelated: Float) { self.unrelated = min(0.99, unrelated) }

  /// Of a collection that is too small to learn from.
  static func usual(centered: Bool) -> ScoreScale {
    ScoreScale(unrelated: centered ? usual.centered : usual.plain)
  }

  /// The score of a cosine, 0…1.
  public func score(ofCosine cosine: Float) -> Float {
    guard cosine.isFinite else { return 0 }
    if cosine >= related { return min(1, Self.cutOff + (1 - Self.cutOff) * (cosine - related) / (1 - related)) }
    return max(0, Self.cutOff * (cosine - unrelated) / (related - unrelated))
  }

  /// The least cosine that has at least a score.
  public func cosine(ofScore score: Float) -> Float {
    if score >= Self.cutOff { return related + (min(score, 1) - Self.cutOff) / (1 - Self.cutOff) * (1 - related) }
    if score <= 0 { return -1 }
    return unrelated + score / Self.cutOff * (related - unrelated)
  }
}

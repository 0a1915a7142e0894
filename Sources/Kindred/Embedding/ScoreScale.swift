/// Turns cosines into the scores that people are shown.
///
/// The cosine of two pictures that have nothing in common depends on the network, the recipe and the collection. A score
/// does not: 1 is the same image, ``cutOff`` is where likeness ends and chance begins, and 0 is no more alike than any
/// two images of the collection.
public struct ScoreScale: Sendable, Equatable {
  /// The score below which hits are no more alike than chance would have it.
  public static let cutOff: Float = 0.5

  /// The cosine of any two images of the collection, in the middle; score 0.
  public var unrelated: Float
  /// The cosine of ``ScoreScale/cutOff``.
  public var related: Float

  public init(unrelated: Float, related: Float) {
    self.unrelated = unrelated
    self.related = related
  }

  /// The score of a cosine, 0…1.
  public func score(ofCosine cosine: Float) -> Float {
    guard cosine.isFinite else { return 0 }
    if cosine >= related {
      let part = related < 1 ? (cosine - related) / (1 - related) : 1
      return min(1, Self.cutOff + (1 - Self.cutOff) * part)
    }
    return max(0, Self.cutOff * (cosine - unrelated) / (related - unrelated))
  }

  /// The least cosine that has at least a score.
  public func cosine(ofScore score: Float) -> Float {
    if score >= Self.cutOff { return related + (min(score, 1) - Self.cutOff) / (1 - Self.cutOff) * (1 - related) }
    if score <= 0 { return -1 }
    return unrelated + score / Self.cutOff * (related - unrelated)
  }
}

/// What decides about duplicates, in one place. `Benchmarks/quality/duplicates` measures what they give.
public enum DuplicateThresholds {
  // MARK: Embeddings

  /// Least score of two pictures that are checked for being the same picture.
  public static let candidateScore: Float = 0.45
  /// Least score of look-alikes, unless told otherwise.
  public static let lookAlikeScore: Float = 0.95
  /// Neighbours of a picture that are candidates.
  static let neighbors = 24
  /// Neighbours that are looked at where the first are all of the picture's own group.
  static let mostNeighbors = 192

  // MARK: Samples, of 0…255

  /// Least correlation of the sketches of two pictures that are compared.
  static let sketchCorrelation: Float = 0.7

  /// Share of both pictures' areas that must lie on each other: a crop of 85 % of both sides is 0.72.
  static let leastOverlap: Float = 0.6
  /// Share of blocks that agree, by weight, from which pictures are the same whatever is in the others.
  static let sureAgreement: Float = 0.97
  /// Share of blocks that agree, by weight, without which pictures are not the same.
  static let leastAgreement: Float = 0.7
  /// How much of what one picture has in the blocks that disagree must be in the other too, between the two shares: text
  /// that was added leaves it, a subject that moved takes it away.
  /// - Parameter differing: share of the blocks that disagree: the more, the less they are a line of text.
  static func leastKept(differing: Float) -> Float { min(0.6, max(0.15, 0.15 + (differing - 0.03) * 13)) }
  /// Blocks' worth of texture without which nothing is said.
  static let leastTexture: Float = 3
  /// Blocks' worth of texture below which only ``sureAgreement`` will do.
  static let littleTexture: Float = 12
  /// Share of blocks that disagree from which something is said to have been added.
  static let editedShare: Float = 0.015
  /// Share of the samples that two bands of brightness hold in a drawing of two tones: 85 of 100 drawings of letters and
  /// signs have it and no colour, and at most 2 of 100 photos.
  static let lineArtShare: Float = 0.75
  /// Half width of such a band.
  static let lineArtTone = 8
  /// Mean strength of colour up to which a drawing has none.
  static let lineArtColour: Float = 3
  /// Share of blocks that must agree in drawings of two tones.
  static let lineArtAgreement: Float = 0.995
  static let leastColourAgreement: Float = 0.85
  /// Mean square of a block's details at which the block has its full weight.
  static let textureEnergy: Float = 60
  /// Weight of a block without any details.
  static let plainBlockWeight: Float = 0.1
  /// Mean square of differences that encoding leaves in a block.
  static let noiseEnergy: Float = 6
  /// Share of a block's energy by which details may differ.
  static let relativeDifference: Float = 0.25
  /// How far the average of a block may be off.
  static let levelDifference: Float = 14
  static let mostSaturationChange: Float = 2.2
  static let mostColourShift: Float = 14
  /// How far a coarse colour may be off, beside a quarter of its own strength.
  static let colourDistance: Float = 10
  /// Standard deviation of brightness under which there is nothing to see.
  static let featurelessDeviation: Float = 3
  static let featurelessDifference: Float = 2
}

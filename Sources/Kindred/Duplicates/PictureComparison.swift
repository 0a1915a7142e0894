/// Whether two pictures are the same picture, told from their samples: re-encoded, resized, cropped a little, mirrored,
/// turned, brighter or darker, with a little text added. Pictures that are merely alike are not: where blocks differ in
/// what is in them, they are another picture.
///
/// ```swift
/// let comparison = PictureComparison(PictureSignature(first), PictureSignature(second))
/// if comparison.isSame { print(comparison.relation.words, comparison.agreement) }
/// ```
public struct PictureComparison: Sendable, Equatable {
  public var isSame: Bool
  /// Share of what is to be seen in both that agrees, 0…1; 0 where the pictures don't fit on each other.
  public var agreement: Float
  /// What was done to one to have the other; empty where they are not the same.
  public var relation: PictureRelation
  /// For tuning thresholds.
  public var evidence: Evidence

  /// What the decision was made from.
  public struct Evidence: Sendable, Equatable {
    /// Normalised cross-correlation of brightness after alignment.
    public var correlation: Float = 0
    /// Share of the area that lies on each other.
    public var overlap: Float = 0
    /// Blocks with something to see in them, in whole blocks' worth.
    public var texture: Float = 0
    /// Share of coarse colour samples that agree.
    public var colour: Float = 0
    /// Correlation of edges and texture.
    public var detail: Float = 0
    /// How much of what one has in the blocks that disagree is in the other too.
    public var kept: Float = 0
    /// Share of the blocks that disagree.
    public var differing: Float = 0
  }
  /// Whether both are drawings of two tones, where only the whole and unchanged drawing is the same.
  private var isOfLineArt = false

  /// Whether the pictures fit on each other in most of what is to be seen, though perhaps not well enough to be the same
  /// by themselves.
  var fits: Bool {
    isSame
      || !isOfLineArt && evidence.texture >= DuplicateThresholds.littleTexture
        && agreement >= DuplicateThresholds.leastAgreement
        && evidence.colour >= DuplicateThresholds.leastColourAgreement
  }

  /// The same answer for `(first, second)` and `(second, first)`.
  public init(_ first: PictureSignature, _ second: PictureSignature) {
    isSame = false
    agreement = 0
    relation = []
    evidence = Evidence()
    if first.hasSameSamples(as: second) {
      (isSame, agreement, relation) = (true, 1, .sameSamples)
      return
    }
    let (first, second) = Self.ordered(first, second)
    if let featureless = FeaturelessComparison(first, second) {
      (isSame, agreement) = (featureless.isSame, featureless.isSame ? 1 : 0)
      if isSame { relation = PictureRelation(first, second, nil, isToned: false) }
      return
    }
    compare(first, second)
  }

  /// The larger one first, so that the order in which they are given changes nothing.
  private static func ordered(
    _ first: PictureSignature, _ second: PictureSignature
  ) -> (PictureSignature, PictureSignature) {
    let (count, otherCount) = (first.luma.count, second.luma.count)
    if count != otherCount { return count > otherCount ? (first, second) : (second, first) }
    let sizes = [first.width - second.width, first.pictureWidth - second.pictureWidth]
    if let difference = sizes.first(where: { $0 != 0 }) { return difference > 0 ? (first, second) : (second, first) }
    for samples in [\PictureSignature.luma, \.blueDifference, \.redDifference]
    where first[keyPath: samples] != second[keyPath: samples] {
      return second[keyPath: samples].lexicographicallyPrecedes(first[keyPath: samples])
        ? (first, second) : (second, first)
    }
    return first.pictureHeight > second.pictureHeight ? (first, second) : (second, first)
  }

  private mutating func compare(_ first: PictureSignature, _ second: PictureSignature) {
    // The larger is brought to the smaller's size, since details that one lacks are no difference.
    let side = max(16, min(max(first.width, first.height), max(second.width, second.height)))
    let firstPlane = first.lumaPlane.reduced(longerSide: side).smoothed()
    let secondPlane = second.lumaPlane.reduced(longerSide: side).smoothed()
    guard let place = PictureAligner(firstPlane, secondPlane).best() else { return }
    evidence.correlation = place.correlation
    evidence.overlap = place.overlap
    guard place.overlap >= DuplicateThresholds.leastOverlap, place.correlation >= 0.3 else { return }

    var warped = WarpedPlane()
    warped.warp(secondPlane.turned(place.turn), by: place, onto: firstPlane)
    guard let (source, target) = warped.pair(with: firstPlane, place) else { return }
    let blocks = BlockAgreement.best(source, target)
    agreement = blocks.agreement
    evidence.texture = blocks.texture
    evidence.detail = blocks.detail
    evidence.kept = blocks.kept
    evidence.differing = blocks.differing
    evidence.colour = ColourAgreement.share(first, second, place)
    isOfLineArt = first.isLineArt && second.isLineArt
    isSame =
      blocks.texture >= DuplicateThresholds.leastTexture
      && (isOfLineArt ? Self.isWhole(place, blocks) : Self.isSame(blocks))
      && evidence.colour >= DuplicateThresholds.leastColourAgreement
    if isSame {
      relation = PictureRelation(
        first, second, place, isToned: blocks.isToned,
        isEdited: blocks.differing >= DuplicateThresholds.editedShare)
    }
  }

  /// Whether pictures that lie on each other are the same, a few edited places aside.
  private static func isSame(_ blocks: BlockAgreement) -> Bool {
    blocks.agreement >= DuplicateThresholds.sureAgreement
      || blocks.agreement >= DuplicateThresholds.leastAgreement && blocks.texture >= DuplicateThresholds.littleTexture
        && blocks.kept >= DuplicateThresholds.leastKept(differing: blocks.differing)
  }

  /// Whether drawings lie on each other as they are, with nothing cut off or changed.
  private static func isWhole(_ place: PictureAlignment, _ blocks: BlockAgreement) -> Bool {
    !place.turn.isMirrored && !place.turn.isRotated && place.overlap >= PictureRelation.wholeOverlap
      && blocks.agreement >= DuplicateThresholds.lineArtAgreement
  }
}

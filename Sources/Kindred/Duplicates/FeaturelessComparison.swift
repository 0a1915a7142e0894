/// Pictures in which there is next to nothing to see, such as blank pages: they are the same only if their samples are,
/// since brightness can't be told from content there.
struct FeaturelessComparison {
  var isSame: Bool

  /// `nil` where at least one picture has something to see.
  init?(_ first: PictureSignature, _ second: PictureSignature) {
    let planes = (first.lumaPlane, second.lumaPlane)
    let limit = DuplicateThresholds.featurelessDeviation
    guard planes.0.standardDeviation < limit, planes.1.standardDeviation < limit else { return nil }
    let shape =
      Float(first.pictureWidth) * Float(second.pictureHeight)
      / (Float(first.pictureHeight) * Float(second.pictureWidth))
    isSame =
      max(shape, 1 / shape) <= 1.05 && Self.isNear(planes.0, planes.1)
      && Self.isNear(first.blueDifferencePlane, second.blueDifferencePlane)
      && Self.isNear(first.redDifferencePlane, second.redDifferencePlane)
  }

  private static func isNear(_ first: PicturePlane, _ second: PicturePlane) -> Bool {
    let (width, height) = (min(first.width, second.width), min(first.height, second.height))
    let (first, second) = (
      first.resized(width: width, height: height), second.resized(width: width, height: height)
    )
    let differences = zip(first.values, second.values).map { abs($0 - $1) }
    return differences.reduce(0, +) / Float(differences.count) <= DuplicateThresholds.featurelessDifference
      && (differences.max() ?? 0) <= 4 * DuplicateThresholds.featurelessDifference
  }
}

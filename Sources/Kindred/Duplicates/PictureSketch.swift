/// A very small copy of a picture, some 400 bytes. Two sketches tell most pairs that have nothing in common, so that
/// whole signatures are needed of the others only.
struct PictureSketch: Sendable {
  private static let side = 24
  private static let searchedSide = 20

  private let width: Int
  private let height: Int
  private let luma: [UInt8]
  private let isFeatureless: Bool

  init(_ signature: PictureSignature) {
    let plane = signature.lumaPlane
    let small = plane.reduced(longerSide: Self.side)
    width = small.width
    height = small.height
    luma = small.values.map { UInt8(max(0, min(255, $0.rounded()))) }
    isFeatureless = plane.standardDeviation < 2 * DuplicateThresholds.featurelessDeviation
  }

  private var plane: PicturePlane { PicturePlane(width: width, height: height, bytes: luma) }

  /// Whether the pictures may be the same; the same answer in both directions is not needed, since a pair is asked once.
  func mayBeSame(as other: PictureSketch) -> Bool {
    correlation(with: other) >= DuplicateThresholds.sketchCorrelation
  }

  private func correlation(with other: PictureSketch) -> Float {
    // It says nothing where there is nothing to see, or where next to nothing is left of a side.
    if isFeatureless || other.isFeatureless || min(width, height, other.width, other.height) < 8 { return 1 }
    return CoarseSearch(plane, other.plane, side: Self.searchedSide).places(1).first?.correlation ?? -1
  }
}

/// What was done to a picture to have another; which of the two was first can't be told.
public struct PictureRelation: OptionSet, Sendable, Hashable, Codable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Other bytes, but what is seen is the same: other tags, another lossless format.
  public static let sameSamples = PictureRelation(rawValue: 1)
  public static let mirrored = PictureRelation(rawValue: 2)
  public static let turned = PictureRelation(rawValue: 4)
  public static let cropped = PictureRelation(rawValue: 8)
  public static let resized = PictureRelation(rawValue: 16)
  /// Other brightness or contrast.
  public static let toned = PictureRelation(rawValue: 32)
  /// With something else in a few places, such as a line of text.
  public static let edited = PictureRelation(rawValue: 256)
  /// Encoded anew, and nothing else.
  public static let reencoded = PictureRelation(rawValue: 64)
  /// The same bytes.
  public static let identical = PictureRelation(rawValue: 128)

  /// Share of both areas that lie on each other from which nothing was cut off.
  static let wholeOverlap: Float = 0.97

  init(
    _ first: PictureSignature, _ second: PictureSignature, _ place: PictureAlignment?, isToned: Bool,
    isEdited: Bool = false
  ) {
    self = []
    let isTurned = place?.turn.isRotated ?? false
    if place?.turn.isMirrored ?? false { insert(.mirrored) }
    if isTurned { insert(.turned) }
    let isCropped = (place?.overlap ?? 1) < Self.wholeOverlap
    if isCropped { insert(.cropped) }
    if !isCropped {
      let swaps = place?.turn.swapsSides ?? false
      let (width, height) =
        swaps ? (second.pictureHeight, second.pictureWidth) : (second.pictureWidth, second.pictureHeight)
      if width != first.pictureWidth || height != first.pictureHeight { insert(.resized) }
    }
    if isToned { insert(.toned) }
    if isEdited { insert(.edited) }
    if isEmpty { insert(.reencoded) }
  }

  /// For people and for JSON, such as `["mirrored", "cropped"]`.
  public var words: [String] {
    let names: [(PictureRelation, String)] = [
      (.identical, "identical"), (.sameSamples, "same samples"), (.mirrored, "mirrored"), (.turned, "turned"),
      (.cropped, "cropped"), (.resized, "resized"), (.toned, "brightness changed"),
      (.edited, "changed in places"), (.reencoded, "re-encoded"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }
}

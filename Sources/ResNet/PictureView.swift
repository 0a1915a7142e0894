/// A part or form of a picture that a network looks at.
public enum PictureView: String, Sendable, Codable, CaseIterable {
  /// The shorter side resized, the centre cropped: what the paper and the peers evaluate.
  case crop
  /// The same, mirrored.
  case cropMirror = "crop-mirror"
  /// The whole picture, resized to the network's square whatever its shape.
  case squash
  /// The same, mirrored.
  case squashMirror = "squash-mirror"

  var isMirrored: Bool { self == .cropMirror || self == .squashMirror }
}

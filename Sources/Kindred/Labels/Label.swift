/// A word that an image carries.
public struct Label: Sendable, Equatable, Codable, Hashable {
  /// Where a label came from.
  public enum Source: String, Sendable, Codable, CaseIterable {
    /// The name of the folder that holds the picture.
    case folder
    /// A CSV file given to `kindred index --labels`.
    case csv
    /// A text file beside the picture.
    case sidecar
    /// `kindred label add`.
    case manual
    /// The network's ImageNet classifier.
    case predicted
  }

  public var name: String
  public var source: Source
  /// 0…1; 1 for what a person said.
  public var confidence: Double

  /// The confidence for people, 0…100, whatever number a collection's file holds.
  public var percentage: Int {
    guard !confidence.isNaN else { return 0 }
    return Int((min(1, max(0, confidence)) * 100).rounded())
  }

  public init(name: String, source: Source, confidence: Double = 1) {
    self.name = name
    self.source = source
    self.confidence = confidence
  }
}

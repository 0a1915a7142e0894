/// A picture that is to be added to a collection.
public struct NewImage: Sendable {
  public enum Source: Sendable {
    /// A file's bytes, and the name that it had elsewhere.
    case bytes([UInt8], name: String?)
    /// A file that stays where it is.
    case file(String)
  }

  public var source: Source
  /// Labels to give it, as a person's word.
  public var labels: [String]

  public init(_ source: Source, labels: [String] = []) {
    self.source = source
    self.labels = labels
  }
}

/// What became of a picture that was added.
public typealias AddedImage = (record: ImageRecord, isNew: Bool)

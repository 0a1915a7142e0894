/// In which way images are alike.
public enum DuplicateKind: String, Sendable, Codable, CaseIterable {
  /// Files with the same bytes.
  case identical
  /// One picture in several versions: encoded anew, resized, cropped a little, mirrored, brighter or darker, with other
  /// tags, with a little text.
  case same
  /// Pictures with near embeddings that are not one picture, such as shots of a burst.
  case lookAlike = "look-alike"
}

/// Images that are alike in one way.
public struct DuplicateGroup: Sendable, Equatable {
  public struct Member: Sendable, Equatable {
    public var record: ImageRecord
    /// Score of its embedding to the group's first member.
    public var score: Float
    /// What makes it the first member's picture: of one kind of change or several, and empty among look-alikes.
    public var relation: PictureRelation
    /// Files with these bytes, this one too; they are a group of their own.
    public var fileCount: Int
    /// Images that are the same picture, this one too; among look-alikes, where one stands for all of them.
    public var versionCount: Int
    /// Why its picture could not be compared; it is then at most a look-alike.
    public var unchecked: String?
  }

  public var kind: DuplicateKind
  /// Largest picture first.
  public var members: [Member]
}

/// How far a search for duplicates is.
public struct DuplicateProgress: Sendable, Equatable {
  public enum Stage: Sendable {
    /// Looking up the neighbours of images.
    case neighbors
    /// Comparing pictures, which reads their files.
    case pairs
  }
  public var stage: Stage
  public var completed: Int
  public var total: Int
}

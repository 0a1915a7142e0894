import VectorIndex

/// How many of the graph's candidates a search keeps: more take longer and miss less.
public enum SearchDepth: Sendable, Equatable {
  /// What a person gets who says nothing.
  case standard
  /// One of ``levels``.
  case level(Int)
  /// Every entry is compared.
  case exact

  /// The depths that Dria's protocol numbers; each step misses less, and the last misses nothing. The README has the
  /// measured recall and time of each.
  public static let levels = 0...5

  /// Candidates of levels 0 to 4, before more are kept because more hits are wanted.
  private static let candidates = [16, 28, 56, 128, 384]

  /// - Parameter level: one of ``levels``; others count as the nearest.
  public init(level: Int) {
    let level = min(max(level, Self.levels.lowerBound), Self.levels.upperBound)
    self = level == Self.levels.upperBound ? .exact : .level(level)
  }

  /// `ef` of the graph search; `nil` to compare every entry.
  func ef(top: Int) -> Int? {
    switch self {
    case .standard: HNSWIndex.defaultEF(top: top)
    // With as many candidates as hits the last hits are often wrong: half as many again are kept.
    case .level(let level): max(Self.candidates[level], top + top / 2)
    case .exact: nil
    }
  }
}

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

  /// Candidates of levels 0 to 4, and the least for each hit that is wanted: with as many candidates as hits the last
  /// hits are often wrong.
  private static let candidates = [(10, 1.0), (16, 1.2), (32, 1.5), (96, 2.0), (320, 4.0)]

  /// - Parameter level: one of ``levels``; others count as the nearest.
  public init(level: Int) {
    let level = min(max(level, Self.levels.lowerBound), Self.levels.upperBound)
    self = level == Self.levels.upperBound ? .exact : .level(level)
  }

  /// `ef` of the graph search; `nil` to compare every entry.
  func ef(top: Int) -> Int? {
    switch self {
    case .standard: HNSWIndex.defaultEF(top: top)
    case .level(let level):
      max(Self.candidates[level].0, Int((Double(top) * Self.candidates[level].1).rounded(.up)))
    case .exact: nil
    }
  }
}

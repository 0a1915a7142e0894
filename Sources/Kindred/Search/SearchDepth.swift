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

  /// `ef` of a search among codes, and candidates whose embeddings are compared, at each level. Level 3 is to
  /// find 99.5 % of the exact ten nearest among 200,000 blends of real features.
  private static let codeCandidates = [(20, 20), (40, 30), (80, 40), (800, 80), (1_200, 100)]

  /// `ef` of a search among codes; `nil` to compare every entry.
  func codeEF(top: Int) -> Int? { candidates(top)?.ef }

  /// Candidates whose embeddings are compared; `nil` to compare every entry.
  func rescored(top: Int) -> Int? { candidates(top)?.rescored }

  /// The numbers are for ten hits; more hits need more of both.
  private func candidates(_ top: Int) -> (ef: Int, rescored: Int)? {
    let level: (Int, Int)
    switch self {
    case .standard: level = Self.codeCandidates[3]
    case .level(let number): level = Self.codeCandidates[number]
    case .exact: return nil
    }
    let rescored = max(level.1, top * level.1 / 10)
    let ef = max(level.0, top * level.0 / 20)
    return (max(ef, rescored), rescored)
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

/// What a network said of one view of something: a vector, and how likely it is of which class.
public struct ViewFeature: Sendable, Equatable {
  /// Of any length but zero.
  public var vector: [Float]
  /// Likeliest first; empty where there are none.
  public var classes: [ClassProbability]

  public init(vector: [Float], classes: [ClassProbability] = []) {
    self.vector = vector
    self.classes = classes
  }
}

/// How likely something is of a class.
public struct ClassProbability: Sendable, Equatable {
  /// The class's number.
  public var index: Int
  /// 0…1.
  public var probability: Float

  public init(index: Int, probability: Float) {
    self.index = index
    self.probability = probability
  }

  /// The likeliest of all classes, likeliest first.
  /// - Parameters:
  ///   - probabilities: one for each class.
  ///   - count: how many at most.
  public static func likeliest(_ probabilities: [Float], count: Int) -> [ClassProbability] {
    guard count > 0 else { return [] }
    var best: [ClassProbability] = []
    for (index, probability) in probabilities.enumerated() where probability > 0 {
      if best.count == count, probability <= best[count - 1].probability { continue }
      let place = best.firstIndex { $0.probability < probability } ?? best.count
      best.insert(ClassProbability(index: index, probability: probability), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

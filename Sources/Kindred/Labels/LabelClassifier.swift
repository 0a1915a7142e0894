import VectorIndex

/// Tells images of one label from those of others: a logistic regression and the votes of the nearest examples, added.
///
/// Both alone, and the choice between them and the centroid by leaving one out, were measured and rank worse
/// (docs/quality.md).
struct LabelClassifier {
  /// Examples of the label, and of others: what a fit takes while somebody waits.
  static let mostExamples = 250
  /// With fewer examples of others, the centroid of the label's own is as good.
  static let leastNegatives = 5
  private static let penalty = 1.0

  private let regression: LogisticRegression
  private let votes: NearestVotes
  private let regressionScale: Double
  private let voteScale: Double

  /// The direction in which the label lies, L2-normalised: what candidates are searched by.
  let direction: [Float]

  /// - Parameters:
  ///   - positives: `[rows, dimension]`, flattened, L2-normalised.
  ///   - negatives: the same.
  ///   - unlike: of these each counts as much as all of `negatives` together, divided by their number.
  /// - Returns: `nil` where there are too few examples.
  init?(positives: [Float], negatives: [Float], unlike: [[Float]], dimension: Int) {
    let (inside, outside) = (positives.count / dimension, negatives.count / dimension)
    guard inside >= 1, outside >= Self.leastNegatives else { return nil }
    let examples = positives + negatives + unlike.flatMap { $0 }
    let targets = [Bool](repeating: true, count: inside) + [Bool](repeating: false, count: outside + unlike.count)
    let half = Double(targets.count) / 2
    let share = unlike.isEmpty ? half : half / 2
    let weights =
      [Double](repeating: half / Double(inside), count: inside)
      + [Double](repeating: share / Double(outside), count: outside)
      + [Double](repeating: share / Double(max(1, unlike.count)), count: unlike.count)
    guard
      let regression = LogisticRegression(
        fitting: examples, dimension: dimension, targets: targets, weights: weights, penalty: Self.penalty),
      let heldOut = regression.heldOut ?? Self.scores(regression, examples, dimension)
    else { return nil }
    let length = VectorMath.norm(regression.direction)
    guard length > 0 else { return nil }
    self.regression = regression
    direction = VectorMath.normalized(regression.direction, norm: length)
    votes = NearestVotes(examples, dimension: dimension, targets: targets, count: min(10, max(3, inside)))
    regressionScale = Self.deviation(heldOut)
    voteScale = Self.deviation(votes.heldOut)
  }

  /// How well vectors fit the label; only the order means something.
  /// - Parameter vectors: `[rows, dimension]`, flattened, L2-normalised.
  func values(of vectors: [Float]) -> [Double] {
    let shares = votes.shares(of: vectors)
    let dimension = direction.count
    return shares.enumerated().map { row, share in
      let vector = Array(vectors[row * dimension..<(row + 1) * dimension])
      return regression.score(of: vector) / regressionScale + share / voteScale
    }
  }

  private static func scores(_ regression: LogisticRegression, _ vectors: [Float], _ dimension: Int) -> [Double]? {
    stride(from: 0, to: vectors.count, by: dimension).map {
      regression.score(of: Array(vectors[$0..<$0 + dimension]))
    }
  }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return max(1e-6, variance.squareRoot())
  }
}

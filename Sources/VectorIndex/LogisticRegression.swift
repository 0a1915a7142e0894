internal import COpenBLAS

/// A linear classifier of two classes whose answer is a probability.
///
/// ```swift
/// let fit = LogisticRegression(fitting: vectors, dimension: 1024, targets: isDog, weights: weights, penalty: 0.1)
/// let probability = fit?.probability(of: vector)
/// ```
///
/// What is minimised is the sum of the weighted logarithmic losses and half of `penalty` times the squared length of
/// ``direction``, ``bias`` included. Newton's method runs in the dimensions, or where there are fewer rows in the space
/// of these (Rasmussen and Williams, *Gaussian Processes for Machine Learning*, algorithm 3.1).
public struct LogisticRegression: Sendable, Equatable {
  /// The weight of each number of a vector.
  public let direction: [Float]
  public let bias: Double
  /// For each row that was fitted, about what its ``score(of:)`` were had it been left out; only where the fit ran in
  /// the space of rows.
  public let heldOut: [Double]?

  static let mostSteps = 50

  /// - Parameters:
  ///   - vectors: `[rows, dimension]`, flattened.
  ///   - dimension: numbers in a vector.
  ///   - targets: for each row whether it is of the class.
  ///   - weights: of each row's loss, not negative; 1 each when `nil`.
  ///   - penalty: more than 0.
  /// - Returns: `nil` for numbers that are not finite, and where there is nothing to fit.
  public init?(
    fitting vectors: [Float], dimension: Int, targets: [Bool], weights: [Double]? = nil, penalty: Double
  ) {
    let rows = targets.count
    let weights = weights ?? [Double](repeating: 1, count: rows)
    precondition(dimension > 0 && vectors.count == rows * dimension && weights.count == rows)
    guard rows > 0, penalty > 0, penalty.isFinite, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else { return nil }
    guard Self.areFinite(vectors) else { return nil }
    if rows <= dimension {
      let kernel = MatrixMath.selfProduct(vectors, rows: rows, columns: dimension, ofRows: true)
        .map { (Double($0) + 1) / penalty }
      guard let dual = DualNewton(kernel: kernel, targets: targets, weights: weights) else { return nil }
      let shares = dual.shares.map { Float($0 / penalty) }
      direction = MatrixMath.product(
        shares, vectors, rows: 1, columns: dimension, inner: rows, transposesRight: false)
      bias = dual.shares.reduce(0, +) / penalty
      heldOut = dual.heldOut
    } else {
      guard
        let solution = PrimalNewton.solution(
          vectors, dimension: dimension, targets: targets, weights: weights, penalty: penalty)
      else { return nil }
      direction = solution.dropLast().map { Float($0) }
      bias = solution[dimension]
      heldOut = nil
    }
    guard bias.isFinite, Self.areFinite(direction) else { return nil }
  }

  /// The logarithm of the odds that a vector is of the class.
  public func score(of vector: [Float]) -> Double {
    precondition(vector.count == direction.count, "\(vector.count) numbers for \(direction.count)")
    return Double(cblas_sdot(Int32(vector.count), vector, 1, direction, 1)) + bias
  }

  public func probability(of vector: [Float]) -> Double { Self.probability(ofScore: score(of: vector)) }

  /// The logistic function.
  public static func probability(ofScore score: Double) -> Double { 1 / (1 + exponential(-score)) }

  /// Weights that give both classes half of the whole: rows of the rarer one count more.
  public static func balancedWeights(_ targets: [Bool]) -> [Double] {
    let positives = targets.count { $0 }
    let (inside, outside) = (max(1, positives), max(1, targets.count - positives))
    return targets.map { Double(targets.count) / 2 / Double($0 ? inside : outside) }
  }

  private static func areFinite(_ values: [Float]) -> Bool {
    // A sum of magnitudes is finite only if all are; it is one pass of OpenBLAS.
    values.isEmpty || cblas_sasum(Int32(clamping: values.count), values, 1).isFinite
  }
}

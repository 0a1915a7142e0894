internal import COpenBLAS
import Foundation

extension LogisticRegression {
  static func exponential(_ value: Double) -> Double { exp(value) }

  /// log(1 + eˣ) without overflow.
  static func softplus(_ value: Double) -> Double { max(value, 0) + log1p(exp(-abs(value))) }

  /// The weighted loss of scores.
  static func loss(_ scores: [Double], _ targets: [Bool], _ weights: [Double]) -> Double {
    var sum = 0.0
    for row in scores.indices { sum += weights[row] * softplus(targets[row] ? -scores[row] : scores[row]) }
    return sum
  }

  /// The fit in the space of rows: a row's score is the sum of the kernel times ``shares``.
  struct DualNewton {
    private(set) var shares: [Double]
    private(set) var heldOut: [Double]

    /// - Parameter kernel: `[rows, rows]`, products of the rows divided by the penalty.
    init?(kernel: [Double], targets: [Bool], weights: [Double]) {
      let rows = targets.count
      var shares = [Double](repeating: 0, count: rows)
      var scores = shares
      var objective = loss(scores, targets, weights)
      for _ in 0..<mostSteps {
        let state = Curvature(scores, targets, weights)
        guard let factor = state.factor(kernel, rows) else { return nil }
        // b = W·f + gradient; a = b − W^½ B⁻¹ W^½ K b.
        let wanted = (0..<rows).map { state.curvature[$0] * scores[$0] + state.gradient[$0] }
        let image = Self.times(kernel, wanted)
        let solved = factor.solving((0..<rows).map { state.root[$0] * image[$0] }, columns: 1)
        let target = (0..<rows).map { wanted[$0] - state.root[$0] * solved[$0] }
        // Newton's step may overshoot where the loss is far from a parabola: half of it, until it helps.
        var step = 1.0
        var improved = false
        let before = objective
        for _ in 0..<12 {
          let next = (0..<rows).map { shares[$0] + step * (target[$0] - shares[$0]) }
          let nextScores = Self.times(kernel, next)
          let nextObjective =
            loss(nextScores, targets, weights) + 0.5 * zip(next, nextScores).reduce(0) { $0 + $1.0 * $1.1 }
          guard nextObjective.isFinite else { return nil }
          if nextObjective <= objective + 1e-12 * abs(objective) {
            (shares, scores, objective, improved) = (next, nextScores, nextObjective, true)
            break
          }
          step /= 2
        }
        if !improved || before - objective <= 1e-9 * abs(before) { break }
      }
      self.shares = shares
      // Leaving one row out takes its own share away, at the curvature of the rest (one step of Newton's).
      let state = Curvature(scores, targets, weights)
      guard let factor = state.factor(kernel, rows) else { return nil }
      var scaled = kernel
      for row in 0..<rows { for column in 0..<rows { scaled[row * rows + column] *= state.root[row] } }
      let half = factor.forward(scaled, columns: rows)
      heldOut = (0..<rows).map { row in
        var variance = kernel[row * rows + row]
        for inner in 0..<rows { variance -= half[inner * rows + row] * half[inner * rows + row] }
        let rest = max(1e-9, 1 - variance * state.curvature[row])
        return scores[row] - variance / rest * state.gradient[row]
      }
    }

    private static func times(_ matrix: [Double], _ vector: [Double]) -> [Double] {
      let side = Int32(vector.count)
      var result = [Double](repeating: 0, count: vector.count)
      cblas_dgemv(CblasRowMajor, CblasNoTrans, side, side, 1, matrix, side, vector, 1, 0, &result, 1)
      return result
    }
  }

  /// The loss's derivatives at some scores.
  private struct Curvature {
    /// Weighted target less probability: downhill.
    var gradient: [Double]
    /// Second derivatives, and their square roots.
    var curvature: [Double]
    var root: [Double]

    init(_ scores: [Double], _ targets: [Bool], _ weights: [Double]) {
      let probabilities = scores.map(LogisticRegression.probability(ofScore:))
      gradient = scores.indices.map { weights[$0] * ((targets[$0] ? 1 : 0) - probabilities[$0]) }
      curvature = scores.indices.map { weights[$0] * probabilities[$0] * (1 - probabilities[$0]) }
      root = curvature.map { $0.squareRoot() }
    }

    /// Of 1 + W^½ K W^½.
    func factor(_ kernel: [Double], _ rows: Int) -> CholeskyFactor? {
      var matrix = kernel
      matrix.withUnsafeMutableBufferPointer { matrix in
        for row in 0..<rows {
          for column in 0...row { matrix[row * rows + column] *= root[row] * root[column] }
          matrix[row * rows + row] += 1
        }
      }
      return CholeskyFactor(matrix, side: rows)
    }
  }

  /// The fit in the dimensions.
  enum PrimalNewton {
    /// - Returns: the direction and, last, the bias.
    static func solution(
      _ vectors: [Float], dimension: Int, targets: [Bool], weights: [Double], penalty: Double
    ) -> [Double]? {
      let rows = targets.count
      let side = dimension + 1
      var design = [Double](repeating: 1, count: rows * side)
      for row in 0..<rows {
        for column in 0..<dimension { design[row * side + column] = Double(vectors[row * dimension + column]) }
      }
      var solution = [Double](repeating: 0, count: side)
      var scores = [Double](repeating: 0, count: rows)
      var objective = loss(scores, targets, weights)
      for _ in 0..<mostSteps {
        let state = Curvature(scores, targets, weights)
        var scaled = design
        for row in 0..<rows { for column in 0..<side { scaled[row * side + column] *= state.root[row] } }
        var hessian = [Double](repeating: 0, count: side * side)
        cblas_dsyrk(
          CblasRowMajor, CblasLower, CblasTrans, Int32(side), Int32(rows), 1, scaled, Int32(side), 0, &hessian,
          Int32(side))
        for index in 0..<side { hessian[index * side + index] += penalty }
        var downhill = solution.map { -penalty * $0 }
        cblas_dgemv(
          CblasRowMajor, CblasTrans, Int32(rows), Int32(side), 1, design, Int32(side), state.gradient, 1, 1, &downhill,
          1)
        guard let step = CholeskyFactor(hessian, side: side)?.solving(downhill, columns: 1) else { return nil }
        var length = 1.0
        var improved = false
        let before = objective
        for _ in 0..<12 {
          let next = (0..<side).map { solution[$0] + length * step[$0] }
          var nextScores = [Double](repeating: 0, count: rows)
          cblas_dgemv(
            CblasRowMajor, CblasNoTrans, Int32(rows), Int32(side), 1, design, Int32(side), next, 1, 0, &nextScores, 1)
          let nextObjective =
            loss(nextScores, targets, weights) + 0.5 * penalty * next.reduce(0) { $0 + $1 * $1 }
          guard nextObjective.isFinite else { return nil }
          if nextObjective <= objective + 1e-12 * abs(objective) {
            (solution, scores, objective, improved) = (next, nextScores, nextObjective, true)
            break
          }
          length /= 2
        }
        if !improved || before - objective <= 1e-12 * abs(before) { break }
      }
      return solution
    }
  }
}

import Testing

@testable import VectorIndex

@Suite struct LogisticRegressionTests {
  private let vectors: [Float] = [0.5, -1, 1.5, 0.25, -0.75, 0.5, 2, -0.5, -1, -1.25, 0, 1]
  private let targets = [true, true, false, true, false, false]
  private let weights: [Double] = [1, 2, 1, 0.5, 1, 1.5]

  @Test func isTheMinimum() throws {
    let fit = try #require(
      LogisticRegression(fitting: vectors, dimension: 2, targets: targets, weights: weights, penalty: 0.3))
    #expect(fit.heldOut == nil)
    // By Newton's method in NumPy.
    for (found, known) in zip(fit.direction.map(Double.init) + [fit.bias], [2.06522051, -0.88036106, -0.53862289]) {
      #expect(abs(found - known) < 1e-5)
    }
    // The gradient of the loss is nothing there.
    var gradient = [0.3 * Double(fit.direction[0]), 0.3 * Double(fit.direction[1]), 0.3 * fit.bias]
    for row in 0..<6 {
      let vector = Array(vectors[row * 2..<row * 2 + 2])
      let rest = weights[row] * (fit.probability(of: vector) - (targets[row] ? 1 : 0))
      gradient[0] += rest * Double(vector[0])
      gradient[1] += rest * Double(vector[1])
      gradient[2] += rest
    }
    #expect(gradient.allSatisfy { abs($0) < 1e-5 }, "\(gradient)")
  }

  @Test func bothSpacesAgree() throws {
    print("seed 3")
    var random = SeededGenerator(seed: 3)
    // As many dimensions as rows are fitted among the rows; the same rows twice, at half weight, in the dimensions.
    let (rows, dimension) = (40, 40)
    let vectors = (0..<rows * dimension).map { _ in Float.random(in: -1...1, using: &random) }
    let targets = (0..<rows).map { $0 % 3 == 0 }
    let weights = LogisticRegression.balancedWeights(targets)
    let dual = try #require(
      LogisticRegression(fitting: vectors, dimension: dimension, targets: targets, weights: weights, penalty: 0.5))
    let primal = try #require(
      LogisticRegression(
        fitting: vectors + vectors, dimension: dimension, targets: targets + targets,
        weights: (weights + weights).map { $0 / 2 }, penalty: 0.5))
    #expect(dual.heldOut != nil)
    #expect(primal.heldOut == nil)
    #expect(abs(dual.bias - primal.bias) < 1e-3)
    #expect(zip(dual.direction, primal.direction).allSatisfy { abs($0 - $1) < 1e-3 })

    // What is held out is near to what a fit without the row says.
    let held = try #require(dual.heldOut)
    for row in [0, 1, 17] {
      var (others, rest, restWeights) = (vectors, targets, weights)
      others.removeSubrange(row * dimension..<(row + 1) * dimension)
      rest.remove(at: row)
      restWeights.remove(at: row)
      let without = try #require(
        LogisticRegression(fitting: others, dimension: dimension, targets: rest, weights: restWeights, penalty: 0.5))
      let score = without.score(of: Array(vectors[row * dimension..<(row + 1) * dimension]))
      #expect(abs(score - held[row]) < 0.3, "row \(row): \(held[row]) held out, \(score) without")
    }
  }

  @Test func separatesWhatCanBeSeparated() throws {
    for dimension in [2, 30] {
      var vectors: [Float] = []
      var targets: [Bool] = []
      for row in 0..<20 {
        var vector = [Float](repeating: 0, count: dimension)
        vector[0] = row < 10 ? 1 : -1
        vector[1] = Float(row % 5) / 5
        vectors += vector
        targets.append(row < 10)
      }
      let fit = try #require(
        LogisticRegression(fitting: vectors, dimension: dimension, targets: targets, penalty: 1e-6))
      #expect(fit.direction.allSatisfy { $0.isFinite })
      for row in 0..<20 {
        let probability = fit.probability(of: Array(vectors[row * dimension..<(row + 1) * dimension]))
        #expect(targets[row] ? probability > 0.99 : probability < 0.01)
      }
    }
  }

  @Test func oneClassConstantNumbersAndNoWeights() throws {
    let one = try #require(
      LogisticRegression(fitting: vectors, dimension: 2, targets: [Bool](repeating: true, count: 6), penalty: 0.1))
    #expect(one.probability(of: [0, 0]) > 0.8)
    let constant = try #require(
      LogisticRegression(fitting: [Float](repeating: 1, count: 12), dimension: 2, targets: targets, penalty: 0.1))
    #expect(abs(constant.probability(of: [1, 1]) - 0.5) < 1e-6)
    let nothing = try #require(
      LogisticRegression(
        fitting: vectors, dimension: 2, targets: targets, weights: [Double](repeating: 0, count: 6), penalty: 0.1))
    #expect(nothing.probability(of: [3, 3]) == 0.5)
    let balanced = LogisticRegression.balancedWeights([true, false, false])
    #expect(balanced == [1.5, 0.75, 0.75])
  }

  @Test func refusesWhatIsNotFinite() {
    for value in [Float.nan, .infinity] {
      for dimension in [2, 12] {
        var bad = vectors
        bad[3] = value
        let rows = 12 / dimension
        #expect(
          LogisticRegression(fitting: bad, dimension: dimension, targets: Array(targets.prefix(rows)), penalty: 1)
            == nil)
      }
    }
    #expect(LogisticRegression(fitting: vectors, dimension: 2, targets: targets, penalty: 0) == nil)
    #expect(LogisticRegression(fitting: [], dimension: 2, targets: [], penalty: 1) == nil)
    #expect(
      LogisticRegression(fitting: vectors, dimension: 2, targets: targets, weights: [1, 1, 1, 1, 1, .nan], penalty: 1)
        == nil)
  }

  @Test func votesAreShares() {
    let examples: [Float] = [1, 0, 0.8, 0.6, 0, 1]
    let votes = NearestVotes(examples, dimension: 2, targets: [true, true, false], count: 1)
    #expect(votes.shares(of: [1, 0, 0, 1]) == [1, 0])
    #expect(votes.heldOut == [1, 1, 1])
    let all = NearestVotes(examples, dimension: 2, targets: [true, true, false], count: 10).shares(of: [0, 1])
    #expect(all[0] > 0 && all[0] < 0.1)
    #expect(NearestVotes([.nan, 0], dimension: 2, targets: [true], count: 3).shares(of: [1, 0]) == [0])
  }
}

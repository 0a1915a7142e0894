import Testing

@testable import VectorIndex

@Suite struct RidgeClassifierTests {
  private let dimension = 12
  private let vectors: [Float]
  private let members: [[Int]]
  private let weights: [Double]

  init() {
    print("seed 11")
    var random = SeededGenerator(seed: 11)
    vectors = (0..<20 * 12).map { _ in Float.random(in: -1...1, using: &random) }
    members = (0..<20).map { $0 % 7 == 0 ? [0, 2] : [$0 % 3] }
    weights = (0..<20).map { _ in Double.random(in: 0.5...2, using: &random) }
  }

  private func fit(without: Set<Int> = []) throws -> RidgeClassifier {
    let rows = (0..<20).filter { !without.contains($0) }
    return try #require(
      RidgeClassifier(
        fitting: rows.flatMap { vector($0) }, dimension: dimension, members: rows.map { members[$0] }, classCount: 3,
        weights: rows.map { weights[$0] }, penalty: 0.7))
  }

  private func vector(_ row: Int) -> [Float] { Array(vectors[row * dimension..<(row + 1) * dimension]) }

  @Test func heldOutScoresAreThoseOfAFitWithoutTheRow() throws {
    let whole = try fit()
    for row in [0, 5, 19] {
      let without = try fit(without: [row]).scores(of: vector(row))
      let held = whole.heldOut[row * 3..<row * 3 + 3]
      #expect(zip(held, without).allSatisfy { abs($0 - $1) < 1e-3 }, "\(Array(held)) \(without)")
    }
  }

  @Test func rowsCanBeHeldOutTogether() throws {
    let rows = [2, 3, 8, 14]
    let held = try #require(try fit().heldOutTogether(rows))
    let without = try fit(without: Set(rows)).scores(of: rows.flatMap { vector($0) })
    #expect(zip(held, without).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test func scoresTellClassesApart() throws {
    let classifier = try #require(
      RidgeClassifier(
        fitting: [1, 0, 0.95, 0.1, 0, 1, 0.1, 0.95], dimension: 2, members: [[0], [0], [1], [1]], classCount: 2,
        weights: [1, 1, 1, 1], penalty: 0.1))
    let scores = classifier.scores(of: [1, 0, 0, 1])
    #expect(scores[0] > 0.8 && scores[1] < 0.2 && scores[2] < 0.2 && scores[3] > 0.8)
  }

  @Test func refusesWhatCannotBeFitted() {
    func fit(_ vectors: [Float], _ weights: [Double], penalty: Double = 1) -> RidgeClassifier? {
      RidgeClassifier(
        fitting: vectors, dimension: 2, members: [[0], [1]], classCount: 2, weights: weights, penalty: penalty)
    }
    #expect(fit([1, .nan, 0, 1], [1, 1]) == nil)
    #expect(fit([1, .infinity, 0, 1], [1, 1]) == nil)
    #expect(fit([1, 0, 0, 1], [1, 0]) == nil)
    #expect(fit([1, 0, 0, 1], [1, 1], penalty: 0) == nil)
    #expect(fit([1, 1, 1, 1], [1, 1]) != nil)
    #expect(RidgeClassifier(fitting: [], dimension: 2, members: [], classCount: 1, weights: [], penalty: 1) == nil)
  }
}

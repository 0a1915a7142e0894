import Testing

@testable import VectorIndex

@Suite struct CholeskyFactorTests {
  @Test(arguments: [1, 2, 63, 64, 65, 150]) func solvesAndInverts(_ side: Int) throws {
    print("seed \(side)")
    var random = SeededGenerator(seed: UInt64(side))
    let values = (0..<side * side).map { _ in Double.random(in: -1...1, using: &random) }
    var matrix = [Double](repeating: 0, count: side * side)
    for row in 0..<side {
      for column in 0..<side {
        for inner in 0..<side {
          matrix[row * side + column] += values[row * side + inner] * values[column * side + inner]
        }
      }
      matrix[row * side + row] += 1
    }
    let wanted = (0..<side * 2).map { _ in Double.random(in: -1...1, using: &random) }
    let factor = try #require(CholeskyFactor(matrix, side: side))
    let found = factor.solving(product(matrix, wanted, side: side, columns: 2), columns: 2)
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 })
    let identity = product(matrix, factor.inverse(), side: side, columns: side)
    for place in identity.indices {
      let one = place / side == place % side ? 1.0 : 0.0
      #expect(abs(identity[place] - one) < 1e-6)
    }
  }

  @Test func refusesWhatIsNotPositiveDefinite() {
    #expect(CholeskyFactor([1, 0, 0, -1], side: 2) == nil)
    #expect(CholeskyFactor([0], side: 1) == nil)
    #expect(CholeskyFactor([.nan], side: 1) == nil)
    #expect(CholeskyFactor([1, 0, .infinity, 1], side: 2) == nil)
  }

  private func product(_ left: [Double], _ right: [Double], side: Int, columns: Int) -> [Double] {
    var result = [Double](repeating: 0, count: side * columns)
    for row in 0..<side {
      for column in 0..<columns {
        for inner in 0..<side {
          result[row * columns + column] += left[row * side + inner] * right[inner * columns + column]
        }
      }
    }
    return result
  }
}

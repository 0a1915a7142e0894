import Foundation
import Testing

@testable import VectorIndex

@Suite struct PrincipalComponentsTests {
  private static let seed: UInt64 = 20_261_124

  /// Vectors about `centre` with the given spread along fixed directions, which are at right angles.
  private func spread(
    rows: Int, dimension: Int, deviations: [Float], noise: Float
  ) -> (vectors: [Float], axes: [[Float]]) {
    print("seed \(Self.seed)")
    var generator = SeededGenerator(seed: Self.seed)
    var basis = OrthonormalRows(length: dimension)
    while basis.count < deviations.count {
      _ = basis.append((0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) })
    }
    let axes = (0..<deviations.count).map { Array(basis.values[$0 * dimension..<($0 + 1) * dimension]) }
    var vectors: [Float] = []
    for _ in 0..<rows {
      var vector = (0..<dimension).map { _ in 3 + Float.random(in: -noise...noise, using: &generator) }
      for (axis, deviation) in zip(axes, deviations) {
        // A sum of uniform numbers; its deviation is as said.
        let amount = (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0...1, using: &generator) }
        for index in 0..<dimension { vector[index] += amount * deviation * axis[index] }
      }
      vectors += vector
    }
    return (vectors, axes)
  }

  private func component(_ fit: PrincipalComponents, _ index: Int) -> [Float] {
    Array(fit.components[index * fit.dimension..<(index + 1) * fit.dimension])
  }

  private func dot(_ first: [Float], _ second: [Float]) -> Float { zip(first, second).reduce(0) { $0 + $1.0 * $1.1 } }

  private func checkOrthonormal(_ fit: PrincipalComponents, location: SourceLocation = #_sourceLocation) {
    for first in 0..<fit.count {
      for second in 0...first {
        let expected: Float = first == second ? 1 : 0
        let found = dot(component(fit, first), component(fit, second))
        #expect(abs(found - expected) < 1e-4, "\(first) \(second)", sourceLocation: location)
      }
    }
  }

  // More rows than dimensions, and fewer.
  @Test(arguments: [(400, 30), (60, 300)]) func findsTheDirectionsOfMostSpread(_ rows: Int, _ dimension: Int) {
    let (vectors, axes) = spread(rows: rows, dimension: dimension, deviations: [5, 3, 1.5], noise: 0.01)
    let fit = PrincipalComponents(fitting: vectors, dimension: dimension, count: 3)
    checkOrthonormal(fit)
    for index in 0..<3 {
      // The sample's own axes lean from the true ones, the more the fewer rows there are.
      let lean = abs(dot(component(fit, index), axes[index]))
      #expect(lean > 0.9, "\(index)")
      // The variance is that of the places.
      let places = fit.projected(vectors)
      let along = (0..<rows).map { Double(places[$0 * 3 + index]) }
      let mean = along.reduce(0, +) / Double(rows)
      let variance = along.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows - 1)
      #expect(abs(mean) < 1e-3)
      #expect(abs(variance - Double(fit.variances[index])) < 1e-3 * variance)
    }
    #expect(fit.variances == fit.variances.sorted(by: >))
    // A component is an eigenvector: the covariance takes it to itself, times its variance.
    for index in 0..<3 {
      let axis = component(fit, index)
      var image = [Float](repeating: 0, count: dimension)
      for row in 0..<rows {
        let centered = (0..<dimension).map { vectors[row * dimension + $0] - fit.mean[$0] }
        let amount = dot(centered, axis) / Float(rows - 1)
        for column in 0..<dimension { image[column] += amount * centered[column] }
      }
      for column in 0..<dimension {
        #expect(abs(image[column] - fit.variances[index] * axis[column]) < 5e-3 * fit.variances[0])
      }
    }
  }

  @Test func isTheSameEachTimeWithItsSigns() {
    let (vectors, _) = spread(rows: 200, dimension: 40, deviations: [2, 1], noise: 0.2)
    let fit = PrincipalComponents(fitting: vectors, dimension: 40, count: 10)
    #expect(PrincipalComponents(fitting: vectors, dimension: 40, count: 10) == fit)
    checkOrthonormal(fit)
    for index in 0..<fit.count {
      let largest = component(fit, index).max { abs($0) < abs($1) }
      #expect(largest ?? 0 > 0)
    }
    // Fewer components are the first of more.
    let fewer = PrincipalComponents(fitting: vectors, dimension: 40, count: 2)
    for index in 0..<2 { #expect(abs(dot(component(fewer, index), component(fit, index))) > 0.999) }
  }

  @Test(arguments: [(1, 8), (2, 8), (3, 8), (50, 8), (0, 8), (5, 1), (1, 1)])
  func constantDataAndFewRows(_ rows: Int, _ dimension: Int) {
    let vector = (0..<dimension).map { 0.1 + Float($0) / 7 }
    let vectors = (0..<rows).flatMap { _ in vector }
    let fit = PrincipalComponents(fitting: vectors, dimension: dimension, count: 2)
    #expect(fit.count == min(2, dimension))
    checkOrthonormal(fit)
    #expect(fit.variances.allSatisfy { $0 == 0 })
    #expect(fit.projected(vectors).allSatisfy { $0 == 0 })
    #expect(fit.projected(vectors).count == rows * fit.count)
  }

  @Test func twoRowsLieOnALine() {
    let fit = PrincipalComponents(fitting: [0, 0, 0, 2, 0, 0], dimension: 3, count: 3)
    checkOrthonormal(fit)
    #expect(abs(fit.variances[0] - 2) < 1e-5 && fit.variances[1...].allSatisfy { $0 == 0 })
    let places = fit.projected([0, 0, 0, 2, 0, 0])
    #expect(abs(places[0] + 1) < 1e-5 && abs(places[3] - 1) < 1e-5)
  }

  @Test func rowsThatAreNoNumbersAreLeftOut() {
    var (vectors, _) = spread(rows: 50, dimension: 6, deviations: [2], noise: 0.1)
    let fit = PrincipalComponents(fitting: vectors, dimension: 6, count: 2)
    vectors += [.nan, 0, 0, 0, 0, 0, .infinity, 0, 0, 0, 0, 0]
    #expect(PrincipalComponents(fitting: vectors, dimension: 6, count: 2) == fit)
  }

  @Test func keepsDistancesWhenAllComponentsAreKept() {
    let (vectors, _) = spread(rows: 30, dimension: 5, deviations: [1, 0.5], noise: 0.3)
    let places = PrincipalComponents(fitting: vectors, dimension: 5, count: 9).projected(vectors)
    #expect(places.count == vectors.count)
    func distance(_ values: [Float], _ first: Int, _ second: Int) -> Float {
      (0..<5).reduce(Float(0)) { sum, index in
        let difference = values[first * 5 + index] - values[second * 5 + index]
        return sum + difference * difference
      }.squareRoot()
    }
    for row in 1..<30 { #expect(abs(distance(places, 0, row) - distance(vectors, 0, row)) < 1e-4) }
  }
}

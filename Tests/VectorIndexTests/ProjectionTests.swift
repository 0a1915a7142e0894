import Testing

@testable import VectorIndex

@Suite struct ProjectionTests {
  /// Cosines of vectors that lie in few directions stay what they are.
  @Test func keepsWhatVectorsHave() throws {
    let (dimension, rank, rows) = (200, 12, 300)
    let low = Vectors.clustered(count: rows, dimension: rank, clusters: 5, spread: 1, seed: 4)
    var basis = OrthonormalRows(length: dimension)
    basis.complete(to: rank)
    let vectors = MatrixMath.product(
      low, basis.values, rows: rows, columns: dimension, inner: rank, transposesRight: false)
    let projection = Projection(fitting: vectors, dimension: dimension, count: 16)
    #expect(
      projection.count == 16 && projection.dimension == dimension && projection.components.count == 16 * dimension)
    let short = projection.projected(vectors)
    #expect(short.count == rows * 16)
    let before = MatrixMath.selfProduct(vectors, rows: rows, columns: dimension, ofRows: true)
    let after = MatrixMath.selfProduct(short, rows: rows, columns: 16, ofRows: true)
    #expect(zip(before, after).allSatisfy { abs($0 - $1) < 1e-4 })
    // Linear, and about the origin.
    #expect(projection.projected([Float](repeating: 0, count: dimension)) == [Float](repeating: 0, count: 16))
    let twice = projection.projected(vectors[..<dimension].map { -2 * $0 })
    #expect(zip(twice, short).allSatisfy { abs($0 + 2 * $1) < 1e-5 })
    // In blocks as at once.
    let many = Array(repeating: vectors, count: 15).flatMap { $0 }
    let all = projection.projected(many)
    #expect(all.count == 4500 * 16)
    for copy in 0..<15 {
      let same = zip(all[copy * rows * 16..<(copy + 1) * rows * 16], short).allSatisfy { abs($0 - $1) < 1e-5 }
      #expect(same)
    }
    #expect(projection == Projection(fitting: vectors, dimension: dimension, count: 16))
    #expect(try Projection(components: projection.components, dimension: dimension) == projection)
  }

  @Test func countIsLimited() {
    let vectors = Vectors.clustered(count: 20, dimension: 6, clusters: 3, spread: 1, seed: 5)
    #expect(Projection(fitting: vectors, dimension: 6).count == 6)
    #expect(Projection(fitting: vectors, dimension: 6, count: 0).count == 1)
    #expect(Projection(fitting: [], dimension: 6, count: 3).count == 3)
    #expect(Projection(fitting: vectors, dimension: 6).projected([]) == [])
  }

  @Test func refusesWhatIsNotAProjection() throws {
    let good: [Float] = [1, 0, 0, 0, 0, 1]
    #expect(try Projection(components: good, dimension: 3).projected([4, 5, 6]) == [4, 6])
    for (components, dimension) in [
      ([], 3), ([1, 0], 3), (good, 0), (good, -3), (good, 1), ([1, 0, 0, .nan, 0, 1], 3), ([1, 0, 0, 1, 0, 0], 3),
      ([2, 0, 0], 3), ([Float.infinity, 0, 0], 3),
    ] as [([Float], Int)] {
      expectError(.damaged) { _ = try Projection(components: components, dimension: dimension) }
    }
  }

  /// All candidates hold all; a few components of many-sided vectors lose some.
  @Test func tellsWhatCandidatesHold() {
    let vectors = Vectors.clustered(count: 600, dimension: 64, clusters: 6, spread: 1, seed: 6)
    let full = Projection(fitting: vectors, dimension: 64, count: 64)
    let few = Projection(fitting: vectors, dimension: 64, count: 6)
    #expect(full.candidateRecall(sample: vectors, candidates: 599) == 1)
    #expect(few.candidateRecall(sample: vectors, candidates: 599) == 1)
    let (good, poor) = (full.candidateRecall(sample: vectors), few.candidateRecall(sample: vectors))
    print("recall of 40 candidates: \(good) with all components, \(poor) with 6")
    #expect(good > 0.999 && poor < 0.9 && poor > 0.1)
    #expect(few.candidateRecall(sample: vectors, candidates: 10) < poor)
    #expect(few.candidateRecall(sample: vectors, candidates: 0) == 0)
    #expect(few.candidateRecall(sample: []) == 1 && few.candidateRecall(sample: Array(vectors[..<64])) == 1)
  }
}

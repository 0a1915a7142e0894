import Testing

@testable import VectorIndex

@Suite struct ExactSearchTests {
  /// What exact search should find, by sorting everything.
  static func sorted(_ file: FeatureFile, _ query: [Float], among rows: [Int]) -> [Neighbor] {
    rows.map { row in
      Neighbor(row: row, score: Float(zip(file.row(row), query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }))
    }
    .sorted { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
  }

  /// The same scores, and the same rows except where scores are so close that rounding decides on the order.
  static func expectSame(_ found: [Neighbor], _ expected: [Neighbor], sourceLocation: SourceLocation = #_sourceLocation)
  {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    #expect(Set(found.map(\.row)).count == found.count, sourceLocation: sourceLocation)
    for (index, (a, b)) in zip(found, expected).enumerated() {
      #expect(abs(a.score - b.score) < 1e-5, sourceLocation: sourceLocation)
      let neighbors = [index - 1, index + 1].filter(expected.indices.contains)
      let isClear = neighbors.allSatisfy { abs(expected[$0].score - b.score) > 1e-5 }
      // At the end of the list the neighbour behind it is not known.
      if isClear && index + 1 < expected.count { #expect(a.row == b.row, sourceLocation: sourceLocation) }
    }
  }

  @Test(arguments: [1, 2, 7, 33, 128]) func findsTheBest(dimension: Int) throws {
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 300, dimension: dimension, clusters: 5, spread: 1, seed: UInt64(dimension))
    let file = try FeatureFile.filled(folder("features"), dimension: dimension, vectors)
    var generator = SeededGenerator(seed: 9)
    for top in [0, 1, 10, 299, 300, 1000] {
      let query = file.row(Int(generator.next() % 300))
      let expected = Self.sorted(file, query, among: Array(0..<300))
      Self.expectSame(file.exactNeighbors(of: query, top: top), Array(expected.prefix(top)))
    }
    let subset = (0..<300).filter { _ in generator.next() % 3 == 0 }
    let query = file.row(17)
    let expected = Self.sorted(file, query, among: subset)
    Self.expectSame(file.exactNeighbors(of: query, top: 12, among: subset), Array(expected.prefix(12)))
    Self.expectSame(file.exactNeighbors(of: query, top: 500, among: subset), expected)
    #expect(file.exactNeighbors(of: query, top: 5, among: []) == [])
    #expect(file.exactNeighbors(of: query, top: -1) == [])
    // Rows that are not there are left out.
    #expect(file.exactNeighbors(of: query, top: 5, among: [-1, 4, 300, Int.max]).map(\.row) == [4])
  }

  /// More rows and queries than a block has.
  @Test func blocksAgreeWithSingleQueries() throws {
    let folder = try TemporaryFolder()
    let dimension = 8
    let vectors = Vectors.clustered(count: 9001, dimension: dimension, clusters: 30, spread: 1, seed: 4)
    let file = try FeatureFile.filled(folder("features"), dimension: dimension, vectors)
    let batch = file.exactNeighbors(ofBatch: file.rows(100..<400), top: 7)
    #expect(batch.count == 300)
    for query in stride(from: 0, to: 300, by: 41) {
      Self.expectSame(batch[query], file.exactNeighbors(of: file.row(100 + query), top: 7))
      #expect(batch[query][0].row == 100 + query)
    }
    let subset = Array(stride(from: 0, to: 9001, by: 3))
    let among = file.exactNeighbors(ofBatch: file.rows(0..<150), top: 4, among: subset)
    for query in stride(from: 0, to: 150, by: 37) {
      Self.expectSame(among[query], file.exactNeighbors(of: file.row(query), top: 4, among: subset))
    }
    #expect(file.exactNeighbors(ofBatch: [], top: 3) == [])
    #expect(file.exactNeighbors(ofBatch: file.rows(0..<2), top: 0) == [[], []])
  }

  @Test func equalScoresAreInTheOrderOfRows() throws {
    let folder = try TemporaryFolder()
    let file = try FeatureFile.filled(
      folder("features"), dimension: 4, (0..<50).flatMap { _ in [0.5, 0.5, 0.5, 0.5] as [Float] })
    #expect(file.exactNeighbors(of: [0.5, 0.5, 0.5, 0.5], top: 9).map(\.row) == Array(0..<9))
    #expect(
      file.exactNeighbors(of: [0.5, 0.5, 0.5, 0.5], top: 3, among: [40, 41, 45, 49]).map(\.row) == [40, 41, 45])
  }

  @Test func whatIsNotANumberIsLeftOut() throws {
    let folder = try TemporaryFolder()
    let file = try FeatureFile.filled(
      folder("features"), dimension: 2, [.nan, 0, 1, 0, 0, .nan, 0, 1, -1, 0, .nan, .nan])
    #expect(file.exactNeighbors(of: [1, 0], top: 6).map(\.row) == [1, 3, 4])
    #expect(file.exactNeighbors(of: [1, 0], top: 2).map(\.row) == [1, 3])
    #expect(file.exactNeighbors(ofBatch: [1, 0, 0, 1], top: 1).map { $0.map(\.row) } == [[1], [3]])
    #expect(file.exactNeighbors(of: [.nan, 0], top: 6) == [])
  }

  @Test func emptyFileHasNoNeighbors() throws {
    let folder = try TemporaryFolder()
    let file = try FeatureFile.create(path: folder("features"), dimension: 2)
    #expect(file.exactNeighbors(of: [1, 0], top: 3) == [])
    #expect(file.exactNeighbors(ofBatch: [1, 0, 0, 1], top: 3) == [[], []])
  }
}

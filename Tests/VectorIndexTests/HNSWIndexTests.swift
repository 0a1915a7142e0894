import Testing

@testable import VectorIndex

@Suite struct HNSWIndexTests {
  static let dimension = 32

  static func make(
    _ folder: TemporaryFolder, count: Int, parameters: HNSWParameters = HNSWParameters(), seed: UInt64 = 7,
    threads: Int? = nil, name: String = "features"
  ) throws -> (FeatureFile, HNSWIndex) {
    let vectors = Vectors.clustered(count: count, dimension: dimension, clusters: 20, spread: 0.6, seed: seed)
    let features = try FeatureFile.filled(folder(name), dimension: dimension, vectors)
    let graph = try HNSWIndex(features: features, parameters: parameters)
    try graph.insert(rows: Array(0..<count), threads: threads)
    return (features, graph)
  }

  /// The bar of the default `ef`, on queries from the clusters of the indexed points.
  @Test func findsWhatExactSearchFinds() throws {
    let folder = try TemporaryFolder()
    let (dimension, count, seed) = (64, 3000, UInt64(7))
    let vectors = Vectors.clustered(
      count: count + 200, dimension: dimension, clusters: 20, spread: 0.6, seed: seed)
    let features = try FeatureFile.filled(
      folder("features"), dimension: dimension, Array(vectors[..<(count * dimension)]))
    let graph = try HNSWIndex(features: features)
    try graph.insert(rows: Array(0..<count))
    let queries = Array(vectors[(count * dimension)...])
    for top in [1, 10, 60] {
      let found = try recall(graph, features, queries: queries, top: top, ef: HNSWIndex.defaultEF(top: top))
      print("seed \(seed): recall@\(top) \(found)")
      #expect(found >= 0.99)
    }
    #expect(graph.count == count && graph.liveCount == count && graph.maxRow == count - 1)
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(0..<count)).total == 0)
  }

  @Test func scoresAreDotProductsAndInOrder() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 400)
    for row in stride(from: 0, to: 400, by: 19) {
      let query = features.row(row)
      let found = try graph.neighbors(of: query, top: 15, ef: 50)
      #expect(found.count == 15 && found[0].row == row)
      for neighbor in found {
        let score = zip(query, features.row(neighbor.row)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(neighbor.score - score) < 1e-5)
      }
      for (a, b) in zip(found, found.dropFirst()) {
        #expect(a.score > b.score || (a.score == b.score && a.row < b.row))
      }
    }
  }

  @Test func smallGraphs() throws {
    let folder = try TemporaryFolder()
    let features = try FeatureFile.filled(folder("features"), dimension: 2, [1, 0, 0, 1, -1, 0])
    let graph = try HNSWIndex(features: features)
    #expect(graph.count == 0 && graph.maxRow == nil && graph.rows == [])
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 10) == [])
    #expect(try graph.problems(expectedLive: []).total == 0)
    try graph.insert(rows: [])
    try graph.insert(rows: [1])
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 1) == [Neighbor(row: 1, score: 0)])
    try graph.insert(rows: [0, 2])
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 0).map(\.row) == [0, 1, 2])
    #expect(try graph.neighbors(of: [1, 0], top: 0, ef: 10) == [])
    #expect(try graph.neighbors(of: [1, 0], top: -3, ef: -10) == [])
    #expect(try graph.neighbors(of: [1, 0], top: .max, ef: .max).map(\.row) == [0, 1, 2])
  }

  @Test func refusesWhatIsWrong() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 10)
    expectError(.invalidArgument) { try graph.insert(rows: [3, 10]) }
    expectError(.invalidArgument) { try graph.insert(rows: [-1]) }
    expectError(.invalidArgument) { try graph.insert(rows: [.max]) }
    expectError(.dimensionMismatch) { _ = try graph.neighbors(of: [1], top: 1, ef: 10) }
    expectError(.invalidArgument) { try graph.markDeleted(row: 10) }
    expectError(.invalidArgument) { try graph.markDeleted(row: -1) }
    for (m, ef) in [(1, 200), (-4, 200), (257, 200), (16, 0), (16, 100_001)] {
      expectError(.invalidArgument) {
        _ = try HNSWIndex(features: features, parameters: HNSWParameters(m: m, efConstruction: ef))
      }
    }
    #expect(!graph.contains(row: -1) && !graph.contains(row: 10) && graph.contains(row: 9))
    #expect(graph.count == 10)
  }

  @Test func insertingTwiceChangesNothing() throws {
    let folder = try TemporaryFolder()
    let (_, graph) = try Self.make(folder, count: 200)
    try graph.markDeleted(row: 5)
    try graph.insert(rows: [5, 6, 7, 7])
    #expect(graph.count == 200 && graph.liveCount == 199 && graph.isDeleted(row: 5))
    #expect(graph.rows == Array(0..<200))
  }

  @Test func growsAcrossViewsAndCapacities() throws {
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 1200, dimension: Self.dimension, clusters: 8, spread: 0.6, seed: 12)
    let features = try FeatureFile.create(path: folder("features"), dimension: Self.dimension)
    let graph = try HNSWIndex(features: features)
    for first in stride(from: 0, to: 1200, by: 100) {
      try features.append(Array(vectors[first * Self.dimension..<(first + 100) * Self.dimension]))
      try graph.insert(rows: Array(first..<first + 100))
    }
    #expect(graph.count == 1200)
    #expect(try recall(graph, features, queries: Array(vectors[..<(100 * 32)]), top: 10, ef: 100) >= 0.99)
  }

  @Test func deletedRowsAreNotFound() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 1000)
    let deleted = Set((0..<1000).filter { $0 % 3 != 0 })
    for row in deleted { try graph.markDeleted(row: row) }
    try graph.markDeleted(row: 1)
    #expect(graph.liveCount == 334 && graph.liveRows == Array(stride(from: 0, to: 1000, by: 3)))
    let queries = features.rows(0..<100)
    #expect(try recall(graph, features, queries: queries, top: 10, ef: 100) >= 0.99)
    for row in 0..<100 {
      let found = try graph.neighbors(of: features.row(row), top: 10, ef: 10)
      #expect(found.count == 10 && found.allSatisfy { !deleted.contains($0.row) })
    }
    #expect(try graph.problems(expectedLive: graph.liveRows).total == 0)
    let problems = try graph.problems(expectedLive: [0, 1])
    #expect(problems.found.filter { $0.kind == .missingRow }.map(\.row) == [1])
    #expect(problems.found.count { $0.kind == .unexpectedRow } == 333)
    #expect(try graph.problems(expectedLive: [0, 1], limit: 5).found.count == 5)
  }

  /// When all is deleted searches end empty, and what is inserted after it is found.
  @Test func insertsAmongTheDeleted() throws {
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 600, dimension: Self.dimension, clusters: 6, spread: 0.6, seed: 2)
    let features = try FeatureFile.filled(folder("features"), dimension: Self.dimension, vectors)
    let graph = try HNSWIndex(features: features)
    try graph.insert(rows: Array(0..<300))
    for row in 0..<300 { try graph.markDeleted(row: row) }
    #expect(graph.liveCount == 0)
    #expect(try graph.neighbors(of: features.row(0), top: 10, ef: 50) == [])
    try graph.insert(rows: Array(300..<600))
    #expect(graph.liveRows == Array(300..<600))
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(300..<600)).total == 0)
    #expect(try recall(graph, features, queries: features.rows(300..<400), top: 10, ef: 100) >= 0.99)
  }

  /// Hundreds of copies of some vectors must neither hide each other nor what is near them.
  @Test func copiesShareANode() throws {
    let folder = try TemporaryFolder()
    let distinct = Vectors.clustered(count: 300, dimension: Self.dimension, clusters: 6, spread: 0.6, seed: 21)
    let copies = (0..<3).flatMap { copy in
      (0..<400).flatMap { _ in distinct[copy * 40 * Self.dimension..<(copy * 40 + 1) * Self.dimension] }
    }
    let features = try FeatureFile.filled(folder("features"), dimension: Self.dimension, distinct + copies)
    let graph = try HNSWIndex(features: features)
    try graph.insert(rows: Array(0..<1500))
    #expect(graph.count == 1500 && graph.nodeCount < 320)
    let found = try graph.neighbors(of: features.row(40), top: 401, ef: 401)
    #expect(found.map(\.row) == [40] + Array(700..<1100))
    #expect(try recall(graph, features, queries: features.rows(121..<300), top: 10, ef: 100) >= 0.99)

    // A node lives for as long as one of its rows does.
    try graph.markDeleted(row: 40)
    for row in 701..<1100 { try graph.markDeleted(row: row) }
    #expect(try graph.neighbors(of: features.row(40), top: 1, ef: 50).map(\.row) == [700])
    try graph.save(to: folder("graph"), generation: 1)
    let loaded = try HNSWIndex(contentsOf: folder("graph"), features: features)
    #expect(loaded.liveRows == graph.liveRows && loaded.nodeCount == graph.nodeCount)
    try loaded.markDeleted(row: 700)
    #expect(try loaded.neighbors(of: features.row(40), top: 1, ef: 50)[0].score < 0.9999)
    #expect(try loaded.problems(expectedLive: loaded.liveRows).total == 0)
  }

  @Test func whatIsNotANumberIsNotFound() throws {
    let folder = try TemporaryFolder()
    var vectors = Vectors.clustered(count: 300, dimension: Self.dimension, clusters: 6, spread: 0.6, seed: 30)
    for row in stride(from: 0, to: 300, by: 10) { vectors[row * Self.dimension + 3] = row % 20 == 0 ? .nan : .infinity }
    let features = try FeatureFile.filled(folder("features"), dimension: Self.dimension, vectors)
    let graph = try HNSWIndex(features: features)
    try graph.insert(rows: Array(0..<300))
    for row in 1..<10 {
      let found = try graph.neighbors(of: features.row(row), top: 300, ef: 300)
      #expect(found.allSatisfy { !$0.score.isNaN } && found.contains { $0.row == row })
    }
    #expect(try graph.neighbors(of: [Float](repeating: .nan, count: Self.dimension), top: 5, ef: 20) == [])
  }

  @Test func oneThreadIsDeterministic() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 500, threads: 1)
    let again = try HNSWIndex(features: features)
    try again.insert(rows: Array(0..<500), threads: 1)
    try graph.save(to: folder("a"), generation: 1)
    try again.save(to: folder("b"), generation: 1)
    #expect(try SavedGraph.read(folder("a")) == SavedGraph.read(folder("b")))
  }

  /// The rows of an open graph can't be cut off.
  @Test func graphPinsItsRows() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 50)
    try features.append(features.rows(0..<2))
    try features.truncate(toRows: 50)
    expectError(.invalidArgument) { try features.truncate(toRows: 49) }
    try graph.save(to: folder("graph"), generation: 1)
    do {
      let loaded = try HNSWIndex(contentsOf: folder("graph"), features: FeatureFile(path: folder("features")))
      #expect(loaded.count == 50)
    }
    withExtendedLifetime(graph) {}
  }
}

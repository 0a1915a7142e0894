import Testing

@testable import VectorIndex

@Suite struct HNSWIndexTests {
  static let dimension = 64

  static func make(
    _ folder: TemporaryFolder, count: Int, parameters: HNSWParameters = HNSWParameters(), seed: UInt64 = 7,
    threads: Int? = nil
  ) throws -> (FeatureFile, HNSWIndex) {
    let vectors = Vectors.clustered(count: count, dimension: dimension, clusters: 20, spread: 0.6, seed: seed)
    let features = try FeatureFile.filled(folder("features"), dimension: dimension, vectors)
    let graph = try HNSWIndex(features: features, parameters: parameters)
    try graph.insert(rows: Array(0..<count), threads: threads)
    return (features, graph)
  }

  @Test func findsWhatExactSearchFinds() throws {
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 3200, dimension: Self.dimension, clusters: 20, spread: 0.6, seed: 7)
    let features = try FeatureFile.filled(folder("features"), dimension: Self.dimension, Array(vectors[..<(3000 * 64)]))
    let graph = try HNSWIndex(features: features)
    try graph.insert(rows: Array(0..<3000))
    let queries = Array(vectors[(3000 * 64)...])
    let found = try recall(graph, features, queries: queries, top: 10, ef: 100)
    print("recall@10 at ef 100: \(found)")
    #expect(found >= 0.99)
    #expect(graph.count == 3000 && graph.liveCount == 3000 && graph.maxRow == 2999)
    #expect(try graph.problems(expectedLive: Array(0..<3000)).total == 0)
  }

  @Test func savesAndLoads() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try Self.make(folder, count: 500)
    for row in stride(from: 0, to: 500, by: 7) { try graph.markDeleted(row: row) }
    try graph.save(to: folder("graph"), generation: 42)
    #expect(graph.generation == 42)
    let loaded = try HNSWIndex(contentsOf: folder("graph"), features: features)
    #expect(loaded.generation == 42 && loaded.parameters == graph.parameters)
    #expect(loaded.rows == graph.rows && loaded.liveRows == graph.liveRows)
    for row in 0..<100 {
      let query = features.row(row)
      #expect(try loaded.neighbors(of: query, top: 20, ef: 40) == graph.neighbors(of: query, top: 20, ef: 40))
    }
  }
}

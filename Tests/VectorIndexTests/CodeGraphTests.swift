import Foundation
import Testing

@testable import VectorIndex

@Suite struct CodeGraphTests {
  static let dimension = 48

  static func make(
    count: Int, kind: CodeKind, parameters: HNSWParameters = HNSWParameters(), seed: UInt64 = 7, threads: Int? = nil
  ) throws -> (vectors: [Float], graph: CodeGraph) {
    let vectors = Vectors.clustered(count: count, dimension: dimension, clusters: 20, spread: 0.6, seed: seed)
    let graph = try CodeGraph(dimension: dimension, kind: kind, parameters: parameters, fit: 9)
    try graph.insert(vectors, rows: Array(0..<count), threads: threads)
    return (vectors, graph)
  }

  static func row(_ row: Int, of vectors: [Float], dimension: Int = dimension) -> [Float] {
    Array(vectors[row * dimension..<(row + 1) * dimension])
  }

  /// Candidates rescored with the vectors are what exact search finds.
  @Test(arguments: CodeKind.allCases) func findsWhatExactSearchFinds(kind: CodeKind) throws {
    let folder = try TemporaryFolder()
    let (vectors, graph) = try Self.make(count: 3000, kind: kind)
    let features = try FeatureFile.filled(folder("features"), dimension: Self.dimension, vectors)
    let all = Vectors.clustered(count: 3200, dimension: Self.dimension, clusters: 20, spread: 0.6, seed: 7)
    let queries = Array(all[(3000 * Self.dimension)...])
    let exact = features.exactNeighbors(ofBatch: queries, top: 10, among: nil)
    var found = 0
    for (index, truth) in exact.enumerated() {
      let query = Self.row(index, of: queries)
      let candidates = try graph.neighbors(of: query, top: 40, ef: 100).map(\.row)
      let best = features.exactNeighbors(of: query, top: 10, among: candidates.sorted()).map(\.row)
      found += truth.count { best.contains($0.row) }
    }
    let recall = Double(found) / 2000
    print("\(kind): recall@10 of 40 candidates \(recall)")
    #expect(recall >= 0.995)
    #expect(graph.count == 3000 && graph.liveCount == 3000 && graph.maxRow == 2999 && graph.nodeCount == 3000)
    #expect(graph.dimension == Self.dimension && graph.kind == kind && graph.fit == 9)
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(0..<3000)).total == 0)
  }

  @Test(arguments: CodeKind.allCases) func scoresAreNearlyCosines(kind: CodeKind) throws {
    let (vectors, graph) = try Self.make(count: 400, kind: kind)
    let allowed: Float = kind == .int8 ? 0.01 : 0.001
    for row in stride(from: 0, to: 400, by: 19) {
      // Of any length.
      let query = Self.row(row, of: vectors).map { $0 * 37 }
      let found = try graph.neighbors(of: query, top: 15, ef: 50)
      #expect(found.count == 15 && found[0].row == row && abs(found[0].score - 1) < 1e-5)
      for neighbor in found {
        let cosine = zip(query, Self.row(neighbor.row, of: vectors)).reduce(0) { $0 + $1.0 * $1.1 } / 37
        #expect(abs(neighbor.score - cosine) < allowed)
      }
      for (a, b) in zip(found, found.dropFirst()) {
        #expect(a.score > b.score || (a.score == b.score && a.row < b.row))
      }
    }
  }

  /// Rows of vectors with the same direction share a node, whatever their lengths.
  @Test(arguments: CodeKind.allCases) func copiesShareANode(kind: CodeKind) throws {
    let (vectors, graph) = try Self.make(count: 300, kind: kind)
    let copy = Self.row(40, of: vectors)
    let copies = (0..<400).flatMap { step in
      copy.map { $0 * Float(sign: .plus, exponent: step % 40 - 20, significand: 1) }
    }
    try graph.insert(copies, rows: Array(1000..<1400))
    #expect(graph.count == 700 && graph.nodeCount == 300)
    #expect(graph.rows == Array(0..<300) + Array(1000..<1400))
    #expect(try graph.neighbors(of: copy, top: 401, ef: 401).map(\.row) == [40] + Array(1000..<1400))
    try graph.markDeleted(row: 40)
    for row in 1001..<1400 { try graph.markDeleted(row: row) }
    #expect(try graph.neighbors(of: copy, top: 1, ef: 50).map(\.row) == [1000])
    #expect(graph.isDeleted(row: 40) && !graph.isDeleted(row: 1000))
    try graph.markDeleted(row: 1000)
    #expect(try graph.neighbors(of: copy, top: 1, ef: 50)[0].score < 0.9999)
    #expect(try graph.problems(expectedLive: graph.liveRows).total == 0)
  }

  @Test(arguments: CodeKind.allCases) func tellsWhetherACodeIsOfAVector(kind: CodeKind) throws {
    let (vectors, graph) = try Self.make(count: 200, kind: kind)
    let nan = [Float](repeating: .nan, count: Self.dimension)
    try graph.insert(nan, rows: [200])
    for row in 0..<200 {
      let vector = Self.row(row, of: vectors)
      #expect(try graph.holds(vector, row: row))
      // As another order of additions might have it.
      #expect(try graph.holds(vector.map { $0 * 3 + 1e-7 }, row: row))
      #expect(try !graph.holds(Self.row((row + 1) % 200, of: vectors), row: row))
      #expect(try !graph.holds(nan, row: row))
    }
    #expect(try graph.holds(nan, row: 200))
    #expect(try !graph.holds(Self.row(0, of: vectors), row: 201))
    #expect(try !graph.holds(Self.row(0, of: vectors), row: -1))
    expectError(.dimensionMismatch) { _ = try graph.holds([1], row: 0) }
  }

  @Test(arguments: CodeKind.allCases) func whatHasNoDirectionIsNotFound(kind: CodeKind) throws {
    var vectors = Vectors.clustered(count: 300, dimension: Self.dimension, clusters: 6, spread: 0.6, seed: 30)
    for row in stride(from: 0, to: 300, by: 10) {
      let bad: Float = [.nan, .infinity, -.infinity][row / 10 % 3]
      vectors[row * Self.dimension + 3] = bad
    }
    for column in 0..<Self.dimension { vectors[5 * Self.dimension + column] = 0 }
    let graph = try CodeGraph(dimension: Self.dimension, kind: kind)
    try graph.insert(vectors, rows: Array(0..<300))
    for row in 1..<10 where row != 5 {
      let found = try graph.neighbors(of: Self.row(row, of: vectors), top: 300, ef: 300)
      #expect(found.allSatisfy { $0.score.isFinite && $0.row % 10 != 0 && $0.row != 5 })
      #expect(found.first?.row == row)
    }
    for value in [Float.nan, 0, .infinity] {
      #expect(try graph.neighbors(of: [Float](repeating: value, count: Self.dimension), top: 5, ef: 20) == [])
    }
    // Numbers of extreme size have one.
    for value in [Float.leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      let extreme = [value] + [Float](repeating: 0, count: Self.dimension - 1)
      let row = graph.count
      try graph.insert(extreme, rows: [row])
      #expect(try graph.neighbors(of: extreme, top: 5, ef: 50).contains { $0.row == row && abs($0.score - 1) < 1e-5 })
    }
  }

  @Test func smallGraphs() throws {
    let graph = try CodeGraph(dimension: 2, kind: .int8)
    #expect(graph.count == 0 && graph.maxRow == nil && graph.rows == [] && graph.memoryBytes > 0)
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 10) == [])
    #expect(try graph.problems(expectedLive: []).total == 0)
    try graph.insert([], rows: [])
    try graph.insert([0, 3], rows: [1])
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 1) == [Neighbor(row: 1, score: 0)])
    try graph.insert([1, 0, -1, 0], rows: [0, 2])
    #expect(try graph.neighbors(of: [1, 0], top: 5, ef: 0).map(\.row) == [0, 1, 2])
    #expect(try graph.neighbors(of: [1, 0], top: 0, ef: 10) == [])
    #expect(try graph.neighbors(of: [1, 0], top: .max, ef: .max).map(\.row) == [0, 1, 2])
    // Again, and twice at once: passed over.
    try graph.insert([0, 1, 0, 1, 1, 1], rows: [0, 7, 7])
    #expect(graph.rows == [0, 1, 2, 7] && graph.nodeCount == 3)
  }

  @Test func refusesWhatIsWrong() throws {
    let (vectors, graph) = try Self.make(count: 10, kind: .int8)
    let one = Self.row(0, of: vectors)
    expectError(.dimensionMismatch) { try graph.insert(one, rows: [10, 11]) }
    expectError(.dimensionMismatch) { try graph.insert([], rows: [10]) }
    for row in [-1, Int.max, Int(UInt32.max), 1 << 25] {
      expectError(.invalidArgument) { try graph.insert(one, rows: [row]) }
    }
    expectError(.dimensionMismatch) { _ = try graph.neighbors(of: [1], top: 1, ef: 10) }
    expectError(.invalidArgument) { try graph.markDeleted(row: 10) }
    for dimension in [0, -1, 65_537] {
      expectError(.invalidArgument) { _ = try CodeGraph(dimension: dimension, kind: .int8) }
    }
    for (m, ef) in [(1, 200), (257, 200), (16, 0), (16, 100_001)] {
      expectError(.invalidArgument) {
        _ = try CodeGraph(dimension: 4, kind: .int8, parameters: HNSWParameters(m: m, efConstruction: ef))
      }
    }
    #expect(graph.count == 10)
    // The greatest row that there can be.
    let far = (1 << 24) + 64 * 11 - 1
    try graph.insert(one, rows: [far])
    #expect(graph.maxRow == far)
  }

  @Test(arguments: CodeKind.allCases) func oneThreadIsDeterministic(kind: CodeKind) throws {
    let folder = try TemporaryFolder()
    let (_, graph) = try Self.make(count: 500, kind: kind, threads: 1)
    let (_, again) = try Self.make(count: 500, kind: kind, threads: 1)
    try graph.save(to: folder("a"), generation: 1)
    try again.save(to: folder("b"), generation: 1)
    #expect(try SavedGraph.read(folder("a")) == SavedGraph.read(folder("b")))
  }

  /// When all is deleted searches end empty, and what is inserted after it is found.
  @Test func insertsAmongTheDeleted() throws {
    let (_, graph) = try Self.make(count: 300, kind: .int8, threads: 1)
    for row in 0..<300 { try graph.markDeleted(row: row) }
    let more = Vectors.clustered(count: 300, dimension: Self.dimension, clusters: 6, spread: 0.6, seed: 8)
    #expect(try graph.neighbors(of: Self.row(0, of: more), top: 10, ef: 50) == [])
    // On one thread, so that it is always the same graph.
    try graph.insert(more, rows: Array(300..<600), threads: 1)
    #expect(graph.liveRows == Array(300..<600))
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(300..<600)).total == 0)
    for row in 0..<100 {
      #expect(try graph.neighbors(of: Self.row(row, of: more), top: 1, ef: 100).map(\.row) == [row + 300])
    }
  }

  /// 128 signed bytes and 16 links: at most 320 bytes of memory an image, after insertions of whatever size.
  @Test func aNodeTakesLittleMemory() throws {
    let folder = try TemporaryFolder()
    let count = 6000
    let vectors = Vectors.clustered(count: count, dimension: 128, clusters: 50, spread: 0.6, seed: 3)
    let graph = try CodeGraph(
      dimension: 128, kind: .int8, parameters: HNSWParameters(m: 16, efConstruction: 40))
    var greatest = 0.0
    for (first, end) in [(0, 4000), (4000, 4001), (4001, 4500), (4500, count)] {
      try graph.insert(Array(vectors[first * 128..<end * 128]), rows: Array(first..<end))
      // The locks do not grow with the graph.
      greatest = max(greatest, Double(graph.memoryBytes - 48_000) / Double(end))
    }
    try graph.save(to: folder("graph"), generation: 1)
    let loaded = try CodeGraph(contentsOf: folder("graph"))
    print("bytes a node: \(greatest) at most while growing, \(loaded.memoryBytes / count) loaded")
    #expect(greatest <= 320 && loaded.memoryBytes <= 300 * count)
    #expect(loaded.memoryBytes > 268 * count)
  }

  /// Searches, deletions, questions and a save while vectors are inserted.
  @Test func everythingAtOnce() async throws {
    let folder = try TemporaryFolder()
    let (dimension, count) = (24, 1600)
    let vectors = Vectors.clustered(count: count, dimension: dimension, clusters: 10, spread: 0.6, seed: 77)
    let graph = try CodeGraph(
      dimension: dimension, kind: .int8, parameters: HNSWParameters(m: 8, efConstruction: 60))
    try graph.insert(Array(vectors[..<(400 * dimension)]), rows: Array(0..<400), threads: 4)
    let path = folder("graph")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          for first in stride(from: 400 + writer * 100, to: count, by: 200) {
            let slice = Array(vectors[first * dimension..<(first + 100) * dimension])
            try graph.insert(slice, rows: Array(first..<first + 100), threads: 4)
          }
        }
      }
      group.addTask {
        for row in stride(from: 0, to: 400, by: 2) {
          try graph.markDeleted(row: row)
          await Task.yield()
        }
      }
      group.addTask {
        for step in 0..<400 {
          let row = (step * 7) % 400 | 1
          let vector = Self.row(row, of: vectors, dimension: dimension)
          // As many candidates as rows, so that the search finds its row in whatever order threads inserted.
          let found = try graph.neighbors(of: vector, top: 5, ef: count)
          let holds = try graph.holds(vector, row: row)
          #expect(found.first?.row == row && holds && graph.memoryBytes > 0)
          await Task.yield()
        }
      }
      group.addTask {
        for generation in 1...5 {
          try graph.save(to: path, generation: Int64(generation))
          let loaded = try CodeGraph(contentsOf: path)
          #expect(loaded.generation == Int64(generation) && loaded.count >= 400)
        }
      }
      try await group.waitForAll()
    }
    #expect(graph.count == count && graph.liveCount == count - 200)
    try graph.connectUnreachable()
    let live = (0..<count).filter { $0 >= 400 || $0 % 2 == 1 }
    #expect(try graph.problems(expectedLive: live).total == 0)
  }
}

import Foundation
import Testing

@testable import VectorIndex

@Suite struct SavedCodeGraphTests {
  @Test(arguments: CodeKind.allCases) func savesAndLoads(kind: CodeKind) throws {
    let folder = try TemporaryFolder()
    let parameters = HNSWParameters(m: 5, efConstruction: 77)
    let (vectors, graph) = try CodeGraphTests.make(count: 700, kind: kind, parameters: parameters)
    for row in stride(from: 0, to: 500, by: 7) { try graph.markDeleted(row: row) }
    try graph.save(to: folder("graph"), generation: -42)
    let loaded = try CodeGraph(contentsOf: folder("graph"))
    #expect(loaded.generation == -42 && loaded.parameters == parameters && loaded.fit == 9 && loaded.kind == kind)
    #expect(loaded.dimension == CodeGraphTests.dimension)
    #expect(loaded.rows == graph.rows && loaded.liveRows == graph.liveRows)
    for row in 0..<100 {
      let query = CodeGraphTests.row(row, of: vectors)
      #expect(try loaded.neighbors(of: query, top: 20, ef: 40) == graph.neighbors(of: query, top: 20, ef: 40))
      #expect(try loaded.holds(query, row: row))
    }
    // The loaded graph grows like the one that was saved.
    let more = Vectors.clustered(count: 50, dimension: CodeGraphTests.dimension, clusters: 3, spread: 1, seed: 1)
    try graph.insert(more, rows: Array(700..<750), threads: 1)
    try loaded.insert(more, rows: Array(700..<750), threads: 1)
    try graph.save(to: folder("a"), generation: 1)
    try loaded.save(to: folder("b"), generation: 1)
    #expect(try SavedGraph.read(folder("a")) == SavedGraph.read(folder("b")))
  }

  @Test func emptyGraph() throws {
    let folder = try TemporaryFolder()
    try CodeGraph(dimension: 2, kind: .float16, fit: .min).save(to: folder("graph"), generation: 3)
    let loaded = try CodeGraph(contentsOf: folder("graph"))
    #expect(loaded.count == 0 && loaded.generation == 3 && loaded.fit == .min && loaded.kind == .float16)
    try loaded.insert([2, 0], rows: [5])
    #expect(try loaded.neighbors(of: [1, 0], top: 1, ef: 1) == [Neighbor(row: 5, score: 1)])
  }

  /// A graph over codes and one over rows are not taken for each other.
  @Test func refusesOtherFiles() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try HNSWIndexTests.make(folder, count: 60)
    try graph.save(to: folder("rows"), generation: 1)
    try CodeGraphTests.make(count: 60, kind: .int8).graph.save(to: folder("codes"), generation: 1)
    expectError(.foreign) { _ = try CodeGraph(contentsOf: folder("rows")) }
    expectError(.foreign) { _ = try HNSWIndex(contentsOf: folder("codes"), features: features) }
    expectError(.foreign) { _ = try CodeGraph(contentsOf: folder("features")) }
    expectError(.notFound) { _ = try CodeGraph(contentsOf: folder("nothing")) }
    try Data().write(to: URL(fileURLWithPath: folder("empty")))
    expectError(.damaged) { _ = try CodeGraph(contentsOf: folder("empty")) }
    var bytes = try SavedGraph.read(folder("codes"))
    SavedGraphTests.put(3, 8, &bytes)
    expectError(.unknownVersion) { _ = try bytes.withUnsafeBytes { try GraphHandle.read($0, path: nil) } }
  }

  @Test func refusesEveryCut() throws {
    let folder = try TemporaryFolder()
    try CodeGraphTests.make(count: 40, kind: .int8).graph.save(to: folder("graph"), generation: 1)
    let good = try SavedGraph.read(folder("graph"))
    for size in Array(0..<300) + Array(stride(from: 300, to: good.count, by: 7)) + [good.count - 1, good.count + 1] {
      let bytes = size > good.count ? good + [0] : Array(good[..<size])
      expectError(size < 8 ? .foreign : .damaged) {
        _ = try bytes.withUnsafeBytes { try GraphHandle.read($0, path: nil) }
      }
    }
  }

  /// Codes that no vector has, and rows far above all that there are.
  @Test func refusesWrongCodesAndRows() throws {
    let folder = try TemporaryFolder()
    let cases: [(CodeKind, UInt32)] = [(.int8, 0x80), (.float16, 0x7C00), (.float16, 0xFE00)]
    for (kind, word) in cases {
      try CodeGraphTests.make(count: 40, kind: kind).graph.save(to: folder("graph"), generation: 1)
      let good = try SavedGraph.read(folder("graph"))
      var bytes = good
      SavedGraphTests.put(word, bytes.count - 4, &bytes)
      SavedGraphTests.fixChecksums(&bytes)
      expectError(.damaged) { _ = try bytes.withUnsafeBytes { try GraphHandle.read($0, path: nil) } }
      bytes = good
      SavedGraphTests.put(UInt32((1 << 24) + 64 * 40), 128, &bytes)
      SavedGraphTests.fixChecksums(&bytes)
      expectError(.damaged) { _ = try bytes.withUnsafeBytes { try GraphHandle.read($0, path: nil) } }
    }
  }

  /// No change of bytes may crash a load or what is done with a graph that loads, as in ``SavedGraphTests``.
  @Test(arguments: [UInt64(1), 2, 3], CodeKind.allCases) func survivesMutations(seed: UInt64, kind: CodeKind) throws {
    print("mutation seed \(seed)")
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 120, dimension: 5, clusters: 4, spread: 0.6, seed: seed)
    let graph = try CodeGraph(
      dimension: 5, kind: kind, parameters: HNSWParameters(m: 3, efConstruction: 20), fit: 1)
    try graph.insert(vectors + vectors[..<50], rows: Array(0..<130))
    for row in stride(from: 0, to: 130, by: 9) { try graph.markDeleted(row: row) }
    try graph.save(to: folder("graph"), generation: 1)
    let good = try SavedGraph.read(folder("graph"))
    var generator = SeededGenerator(seed: seed)
    var outcomes: [String: Int] = [:]
    for _ in 0..<1500 {
      var bytes = good
      for _ in 0...(generator.next() % 3) { SavedGraphTests.mutate(&bytes, &generator) }
      if generator.next() % 8 != 0 { SavedGraphTests.fixChecksums(&bytes) }
      do {
        let handle = try bytes.withUnsafeBytes { try GraphHandle.read($0, path: nil) }
        outcomes["loaded", default: 0] += 1
        let dimension = handle.facts.dimension
        let query = (0..<dimension).map { Float($0 % 3) - 0.9 }
        _ = try handle.search(query, top: 10, ef: 30)
        _ = try handle.problems(expected: [1, 2, 500], limit: 10)
        _ = try handle.connectUnreachable()
        _ = try handle.holds(query, row: 5)
        if !handle.contains(3) { try handle.insert([3], vectors: query, threads: 1) }
        try handle.markDeleted(3)
        let more = Array(repeating: query, count: 70).flatMap { $0 }
        try handle.insert(Array(130..<200), vectors: more, threads: 2)
        // What was read is good enough to be written and read again.
        try handle.withBytes(generation: 2) { (bytes) throws(VectorIndexError) in
          _ = try GraphHandle.read(bytes, path: nil)
        }
      } catch let error as VectorIndexError {
        #expect([.damaged, .foreign, .unknownVersion].contains(error.code), "\(error)")
        outcomes[error.reason.filter { !$0.isNumber }, default: 0] += 1
      }
    }
    // The mutations reach both sides of the checks.
    #expect(outcomes["loaded", default: 0] > 50)
    #expect(outcomes.count > 8, "\(outcomes)")
  }
}

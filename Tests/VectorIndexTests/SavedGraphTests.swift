import CHNSW
import Foundation
import Testing

@testable import VectorIndex

@Suite struct SavedGraphTests {
  @Test func savesAndLoads() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try HNSWIndexTests.make(folder, count: 700, parameters: .init(m: 5, efConstruction: 77))
    for row in stride(from: 0, to: 500, by: 7) { try graph.markDeleted(row: row) }
    try graph.save(to: folder("graph"), generation: -42)
    #expect(graph.generation == -42)
    let loaded = try HNSWIndex(contentsOf: folder("graph"), features: features)
    #expect(loaded.generation == -42 && loaded.parameters == graph.parameters)
    #expect(loaded.rows == graph.rows && loaded.liveRows == graph.liveRows)
    for row in 0..<100 {
      let query = features.row(row)
      #expect(try loaded.neighbors(of: query, top: 20, ef: 40) == graph.neighbors(of: query, top: 20, ef: 40))
    }
    // The loaded graph grows like the one that was saved.
    try features.append(Vectors.clustered(count: 50, dimension: 32, clusters: 3, spread: 1, seed: 1))
    try graph.insert(rows: Array(700..<750), threads: 1)
    try loaded.insert(rows: Array(700..<750), threads: 1)
    try graph.save(to: folder("a"), generation: 1)
    try loaded.save(to: folder("b"), generation: 1)
    #expect(try SavedGraph.read(folder("a")) == SavedGraph.read(folder("b")))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b", "features", "graph"])
  }

  @Test func emptyGraph() throws {
    let folder = try TemporaryFolder()
    let features = try FeatureFile.filled(folder("features"), dimension: 2, [1, 0])
    try HNSWIndex(features: features).save(to: folder("graph"), generation: 3)
    let loaded = try HNSWIndex(contentsOf: folder("graph"), features: features)
    #expect(loaded.count == 0 && loaded.generation == 3)
    try loaded.insert(rows: [0])
    #expect(try loaded.neighbors(of: [1, 0], top: 1, ef: 1).map(\.row) == [0])
  }

  @Test func failedSaveKeepsTheOldFile() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try HNSWIndexTests.make(folder, count: 20)
    expectError(.notFound) { try graph.save(to: folder("no/graph"), generation: 1) }
    // A folder can't be replaced by a file.
    try FileManager.default.createDirectory(atPath: folder("taken/in"), withIntermediateDirectories: true)
    expectError(.unwritable) { try graph.save(to: folder("taken"), generation: 1) }
    #expect(!FileManager.default.fileExists(atPath: folder("taken.new")))
    // What a crash left does no harm.
    try graph.save(to: folder("graph"), generation: 1)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder("graph.new")))
    try graph.save(to: folder("graph"), generation: 2)
    #expect(try HNSWIndex(contentsOf: folder("graph"), features: features).generation == 2)
  }

  @Test func refusesOtherFiles() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try HNSWIndexTests.make(folder, count: 60)
    let path = folder("graph")
    expectError(.notFound) { _ = try HNSWIndex(contentsOf: path, features: features) }
    expectError(.foreign) { _ = try HNSWIndex(contentsOf: folder("features"), features: features) }
    expectError(.foreign) { _ = try HNSWIndex(contentsOf: folder.path, features: features) }
    try Data().write(to: URL(fileURLWithPath: path))
    expectError(.damaged) { _ = try HNSWIndex(contentsOf: path, features: features) }

    try graph.save(to: path, generation: 1)
    let other = try FeatureFile.filled(folder("other"), dimension: 3, [Float](repeating: 0.5, count: 300))
    expectError(.dimensionMismatch) { _ = try HNSWIndex(contentsOf: path, features: other) }
    let fewer = try FeatureFile.filled(folder("fewer"), dimension: 32, features.rows(0..<59))
    expectError(.damaged) { _ = try HNSWIndex(contentsOf: path, features: fewer) }
  }

  @Test func refusesEveryCut() throws {
    let folder = try TemporaryFolder()
    let (features, graph) = try HNSWIndexTests.make(folder, count: 40)
    try graph.save(to: folder("graph"), generation: 1)
    let good = try SavedGraph.read(folder("graph"))
    for size in Array(0..<300) + Array(stride(from: 300, to: good.count, by: 7)) + [good.count - 1, good.count + 1] {
      let bytes = size > good.count ? good + [0] : Array(good[..<size])
      expectError(size < 8 ? .foreign : .damaged) {
        _ = try bytes.withUnsafeBytes { try GraphHandle.read($0, matrix: features.matrix, path: nil) }
      }
    }
  }

  /// No change of bytes may crash a load or what is done with a graph that loads. In most rounds the checksums are made
  /// to fit, so that the checks behind them are reached.
  @Test(arguments: [UInt64(1), 2, 3]) func survivesMutations(seed: UInt64) throws {
    print("mutation seed \(seed)")
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 120, dimension: 4, clusters: 4, spread: 0.6, seed: seed)
    let features = try FeatureFile.filled(folder("features"), dimension: 4, vectors + vectors[..<320])
    let graph = try HNSWIndex(features: features, parameters: HNSWParameters(m: 3, efConstruction: 20))
    try graph.insert(rows: Array(0..<130))
    for row in stride(from: 0, to: 130, by: 9) { try graph.markDeleted(row: row) }
    try graph.save(to: folder("graph"), generation: 1)
    let good = try SavedGraph.read(folder("graph"))
    var generator = SeededGenerator(seed: seed)
    var outcomes: [String: Int] = [:]
    for _ in 0..<1500 {
      var bytes = good
      for _ in 0...(generator.next() % 3) { Self.mutate(&bytes, &generator) }
      if generator.next() % 8 != 0 { Self.fixChecksums(&bytes) }
      do {
        let handle = try bytes.withUnsafeBytes { try GraphHandle.read($0, matrix: features.matrix, path: nil) }
        outcomes["loaded", default: 0] += 1
        for row in [0, 50, 119] { _ = try handle.search(features.row(row), top: 10, ef: 30) }
        _ = try handle.problems(expected: [1, 2, 500], limit: 10)
        _ = try handle.connectUnreachable()
        if !handle.contains(3) { try handle.insert([3], of: features.matrix, threads: 1) }
        try handle.markDeleted(3)
        try handle.insert(Array(130..<200), of: features.matrix, threads: 2)
        // What was read is good enough to be written and read again.
        try handle.withBytes(generation: 2) { (bytes) throws(VectorIndexError) in
          _ = try GraphHandle.read(bytes, matrix: features.matrix, path: nil)
        }
      } catch let error as VectorIndexError {
        #expect([.damaged, .foreign, .unknownVersion, .dimensionMismatch].contains(error.code), "\(error)")
        outcomes[error.reason.filter { !$0.isNumber }, default: 0] += 1
      }
    }
    // The mutations reach both sides of the checks.
    #expect(outcomes["loaded", default: 0] > 50)
    #expect(outcomes.count > 8, "\(outcomes)")
  }

  static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let interesting: [UInt32] = [0, 1, 2, 3, 0x7F, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 130, 129, 128]
    switch generator.next() % 5 {
    case 0:
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
    case 1:
      // A number in the header.
      put(interesting[Int(generator.next() % 12)], Int(generator.next() % 24) * 4 + 8, &bytes)
    case 2:
      let offset = 128 + Int(generator.next() % UInt64((bytes.count - 128) / 4)) * 4
      put(interesting[Int(generator.next() % 12)], offset, &bytes)
    case 3:
      // Two words change places.
      let a = 128 + Int(generator.next() % UInt64((bytes.count - 128) / 4)) * 4
      let b = 128 + Int(generator.next() % UInt64((bytes.count - 128) / 4)) * 4
      for byte in 0..<4 where a + byte < bytes.count && b + byte < bytes.count { bytes.swapAt(a + byte, b + byte) }
    default:
      let count = Int(generator.next() % 12)
      if generator.next() % 2 == 0 {
        bytes.removeLast(count)
      } else {
        bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: generator.next()), count: count)
      }
    }
  }

  static func put(_ value: UInt32, _ offset: Int, _ bytes: inout [UInt8]) {
    for byte in 0..<4 where offset + byte < bytes.count {
      bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
    }
  }

  static func fixChecksums(_ bytes: inout [UInt8]) {
    put(bytes[128...].withUnsafeBytes { kindred_crc32c(0, $0.baseAddress, $0.count) }, 120, &bytes)
    put(bytes.withUnsafeBytes { kindred_crc32c(0, $0.baseAddress, 124) }, 124, &bytes)
  }
}

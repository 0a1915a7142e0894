import Foundation
import ImageDecoding
import Testing
import VectorIndex

@testable import Kindred

/// Collections that are large enough for the graph, filled with clustered vectors instead of pictures.
@Suite struct GraphSearchTests {
  static let seed: UInt64 = 20_260_101

  /// A collection of `count` contents; content number n is the file `/pictures/<cluster>/<n>.jpg`.
  private static func fill(_ sandbox: Sandbox, count: Int) throws -> Collection {
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let collection = try sandbox.collection()
    let writer = try CollectionWriter(collection)
    try append(count, from: 0, to: writer, using: &generator)
    return collection
  }

  private static func append(
    _ count: Int, from start: Int, to writer: CollectionWriter, using generator: inout SeededGenerator
  ) throws {
    let dimension = writer.features.dimension
    var entries: [BatchEntry] = []
    for number in start..<(start + count) {
      let cluster = number % 40
      var centre = SeededGenerator(seed: UInt64(cluster) + 1)
      var vector = (0..<dimension).map { _ in Float.random(in: 0...1, using: &centre) }
      for index in vector.indices { vector[index] += Float.random(in: -0.4...0.4, using: &generator) }
      let digest = ContentHash.sha256(Array("\(number)".utf8))
      let content = NewContent(
        byteCount: 1, metadata: ImageMetadata(format: .jpeg, width: 1, height: 1),
        embedding: Embedding(views: [ViewFeature(vector: vector)], predictions: []))
      entries.append(
        BatchEntry(
          file: WalkedFile(path: "/pictures/\(cluster)/\(number).jpg", byteCount: 1, modified: 0),
          outcome: .embedded(sha256: digest, content), folderLabels: [Label(name: "\(cluster)", source: .folder)]))
    }
    _ = try writer.commit(entries)
  }

  private static func recall(_ collection: Collection, sandbox: Sandbox, filter: SearchFilter = SearchFilter()) throws
    -> Double
  {
    var found = 0
    var wanted = 0
    for row in stride(from: 3, to: 5_000, by: 251) {
      let vector = try collection.feature(row: row)
      func hits(exact: Bool) throws -> SearchResult {
        try sandbox.search {
          $0.positives = [.vector(vector)]
          $0.depth = exact ? .exact : .standard
          $0.filter = filter
        }
      }
      let approximate = try hits(exact: false)
      let exact = try hits(exact: true)
      #expect(exact.exact)
      #expect(exact.hits.count == 10)
      found += Set(approximate.hits.map(\.record.id)).intersection(exact.hits.map(\.record.id)).count
      wanted += exact.hits.count
    }
    return Double(found) / Double(wanted)
  }

  @Test func theGraphAnswersAsExactSearchDoes() throws {
    let sandbox = try Sandbox()
    let collection = try Self.fill(sandbox, count: 6_000)
    func isExact() throws -> Bool {
      let vector = try collection.feature(row: 0)
      return try sandbox.search { $0.positives = [.vector(vector)] }.exact
    }
    // Without a graph every image is compared.
    #expect(try isExact())
    do { try CollectionWriter(collection).updateGraph() }
    #expect(try !isExact())
    #expect(try Self.recall(collection, sandbox: sandbox) >= 0.99)
    #expect(try Verifier(collection, hashesFiles: false).run().problems.allSatisfy { $0.kind == .missingFile })

    // A weak filter goes through the graph, a strong one does not; neither loses neighbours.
    var weak = SearchFilter()
    weak.path = "*/[1-3]*/*"
    #expect(try Self.recall(collection, sandbox: sandbox, filter: weak) >= 0.99)
    var strong = SearchFilter()
    strong.label = "7"
    #expect(try Self.recall(collection, sandbox: sandbox, filter: strong) == 1)
  }

  @Test func aGraphThatIsBehindLosesNothing() throws {
    let sandbox = try Sandbox()
    let collection = try Self.fill(sandbox, count: 5_200)
    var generator = SeededGenerator(seed: 5)
    do {
      let writer = try CollectionWriter(collection)
      try writer.updateGraph()
      try Self.append(300, from: 5_200, to: writer, using: &generator)
      let gone = try collection.imageIDs(
        matching: {
          var filter = SearchFilter()
          filter.path = "*/1[0-9][0-9].jpg"
          return filter
        }())
      #expect(gone.count == 100)
      try writer.remove(imageIDs: gone)
    }
    let vector = try collection.feature(row: 5_400)
    let result = try sandbox.search { $0.positives = [.vector(vector)] }
    #expect(!result.exact)
    #expect(result.hits[0].record.path.hasSuffix("/5400.jpg"))
    #expect(try Self.recall(collection, sandbox: sandbox) >= 0.99)
    let statistics = try CollectionStatistics(collection)
    #expect(statistics.search == "hnsw, behind")
    do { try CollectionWriter(collection).updateGraph() }
    #expect(try CollectionStatistics(collection).search == "hnsw")
    #expect(try Self.recall(collection, sandbox: sandbox) >= 0.99)
  }

  @Test func aGraphThatWasStoppedHalfWayGoesOn() throws {
    let sandbox = try Sandbox()
    let collection = try Self.fill(sandbox, count: 5_300)
    var asked = 0
    func stopAtTheThird() -> Bool {
      asked += 1
      return asked == 3
    }
    do { try CollectionWriter(collection).updateGraph(isCancelled: stopAtTheThird) }
    let partial = try #require(try collection.graph(at: collection.moment()))
    #expect(partial.base.count > 0 && partial.base.count < 5_300)
    #expect(try Self.recall(collection, sandbox: sandbox) >= 0.99)
    #expect(try CollectionStatistics(collection).search == "hnsw, behind")
    do { try CollectionWriter(collection).updateGraph() }
    #expect(try CollectionStatistics(collection).search == "hnsw")
    #expect(try collection.graph(at: collection.moment())?.base.liveCount == 5_300)
  }

  @Test func aDamagedGraphIsNamedAndRebuilt() throws {
    let sandbox = try Sandbox()
    let collection = try Self.fill(sandbox, count: 5_100)
    do { try CollectionWriter(collection).updateGraph() }
    let path = sandbox.index + "/graph-000001-000001.hnsw"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 0x55
    try bytes.write(to: URL(fileURLWithPath: path))

    let reopened = try Collection(at: sandbox.index)
    let vector = try reopened.feature(row: 0)
    #expect(try sandbox.search { $0.positives = [.vector(vector)] }.exact)
    #expect(try Verifier(reopened, hashesFiles: false).run().problems.contains { $0.kind == .graph })
    do { try CollectionWriter(reopened).updateGraph() }
    #expect(try !Verifier(reopened, hashesFiles: false).run().problems.contains { $0.kind == .graph })
  }

  @Test func whatIsUpToDateIsLeftAlone() throws {
    let sandbox = try Sandbox()
    let collection = try Self.fill(sandbox, count: 5_100)
    let path = sandbox.index + "/graph-000001-000001.hnsw"
    do { try CollectionWriter(collection).updateGraph() }
    let made = try #require(Collection.stamp(of: path))
    var steps = 0
    do { try CollectionWriter(collection).updateGraph(progress: { _, _ in steps += 1 }) }
    #expect(steps == 0)
    #expect(Collection.stamp(of: path) == made)
    // A graph that was lost is made again, though nothing else changed.
    try FileManager.default.removeItem(atPath: path)
    do { try CollectionWriter(collection).updateGraph(progress: { _, _ in steps += 1 }) }
    #expect(steps > 0)
    #expect(Collection.stamp(of: path) != nil)
    // So is one that lacks a row.
    var generator = SeededGenerator(seed: 6)
    do {
      let writer = try CollectionWriter(collection)
      try Self.append(1, from: 5_100, to: writer, using: &generator)
      try writer.updateGraph()
    }
    #expect(try CollectionStatistics(collection).search == "hnsw")
  }
}

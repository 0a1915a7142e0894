import Foundation
import Testing

@testable import Kindred

@Suite struct VectorCollectionTests {
  private func folder() throws -> (Sandbox, IndexFolder) {
    let sandbox = try Sandbox()
    return (sandbox, IndexFolder(path: sandbox.root + "/index"))
  }

  @Test func keepsWhatWasInserted() throws {
    let (sandbox, folder) = try folder()
    defer { withExtendedLifetime(sandbox) {} }
    let member = try folder.createVectors(definition: CollectionDefinition(title: "Red & Blue", embedding: "mine"))
    #expect(member.name == "red-blue")
    #expect(try member.collection.dimension() == nil)
    let searcher = try VectorSearcher(member.collection)
    #expect(try searcher.search([1, 2], top: 3).hits.isEmpty)

    let vectors: [[Float]] = [[3, 0, 0], [0, 0.5, 0], [1, 1, 1e-20]]
    let ids = try folder.write(to: member) {
      try $0.insert(vectors.map { NewVector(vector: $0, metadata: "{\"n\":\"v\($0[0])\"}") })
    }
    #expect(ids == [0, 1, 2])
    #expect(try member.collection.dimension() == 3)
    #expect(try member.collection.imageCount() == 3)
    let found = try member.collection.vectors(ids: [2, 0])
    #expect(found.map(\.record.id) == [2, 0])
    #expect(found[1].vector == [3, 0, 0])
    #expect(zip(found[0].vector, vectors[2]).allSatisfy { abs($0 - $1) < 1e-6 })

    let hits = try searcher.search([5, 0, 0], top: 2).hits
    #expect(hits.map(\.record.id) == [0, 2])
    #expect(hits[0].score == 1)
    #expect(try searcher.search(like: [.vector([5, 0, 0])], top: 2, offset: 1).hits.map(\.record.id) == [2, 1])

    // An example is no hit itself; what is taken away moves its like to the end.
    #expect(try searcher.search(like: [.identifier(0)], top: 5).hits.map(\.record.id) == [2, 1])
    let far = try searcher.search(like: [.vector([1, 0.6, 0])], unlike: [.identifier(1)], top: 5).hits
    #expect(far.map(\.record.id) == [0, 2])
    #expect(throws: KindredError.self) { try searcher.search(like: [.identifier(9)], top: 5) }

    // Opened by another process.
    let again = try Collection(at: member.collection.directory, kind: .vectors)
    #expect(try again.vectors(ids: [1])[0].record.metadata == "{\"n\":\"v0.0\"}")
    #expect(try again.definition().embedding == "mine")
    #expect(try Verifier(again).run().isSound)
    #expect(try CollectionStatistics(again).images == 3)
  }

  @Test func refusesWhatDoesNotFitAndKeepsTheRest() throws {
    let (sandbox, folder) = try folder()
    defer { withExtendedLifetime(sandbox) {} }
    let member = try folder.createVectors(name: "a")
    func insert(_ vectors: [[Float]]) throws {
      try folder.write(to: member) { try $0.insert(vectors.map { NewVector(vector: $0, metadata: "{}") }) }
    }
    for bad: [[Float]] in [[[1, 2], [1, 2, 3]], [[0, 0]], [[.nan, 1]], [[.infinity, 1]], [[]]] {
      #expect(throws: KindredError.self) { try insert(bad) }
    }
    #expect(try member.collection.imageCount() == 0)
    try insert([[1, 2]])
    let error = #expect(throws: KindredError.self) { try insert([[1, 2], [1, 2, 3]]) }
    #expect(error?.code == .dimensionMismatch)
    #expect(error?.reason.contains("3") ?? false)
    #expect(error?.reason.contains("2") ?? false)
    #expect(try member.collection.imageCount() == 1)
    let query = #expect(throws: KindredError.self) { try VectorSearcher(member.collection).search([1], top: 1) }
    #expect(query?.code == .dimensionMismatch)
    #expect(throws: KindredError.self) { try member.collection.vectors(ids: [7]) }
  }

  @Test func kindsAreKeptApart() throws {
    let (sandbox, folder) = try folder()
    let member = try folder.createVectors(name: "v")
    let opened = #expect(throws: KindredError.self) { try Collection(at: member.collection.directory) }
    #expect(opened?.code == .wrongKind)
    #expect(throws: KindredError.self) { try member.searcher.search(SearchRequest()) }
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let images = try folder.member("default")
    let inserted = #expect(throws: KindredError.self) {
      try folder.write(to: images) { try $0.insert([NewVector(vector: [1], metadata: "{}")]) }
    }
    #expect(inserted?.code == .wrongKind)
    #expect(throws: KindredError.self) { try VectorSearcher(images.collection) }
  }

  @Test func findsWordsOfMetadata() throws {
    let (sandbox, folder) = try folder()
    defer { withExtendedLifetime(sandbox) {} }
    let member = try folder.createVectors(name: "w")
    let texts = ["The quick brown fox", "A lazy dog", "brown dog", "100% \\_ sure"]
    try folder.write(to: member) {
      try $0.insert(
        texts.map { NewVector(vector: [1, 0], metadata: "{\"text\":\"\($0.replacing("\\", with: "\\\\"))\"}") })
    }
    let searcher = try VectorSearcher(member.collection)
    let hits = try searcher.search(words: "Brown DOG", top: 10)
    #expect(hits.map(\.record.id) == [2, 0, 1])
    #expect(hits.map(\.score) == [1, 0.5, 0.5])
    #expect(try searcher.search(words: "zebra", top: 10).isEmpty)
    #expect(try searcher.search(words: "%", top: 10).isEmpty)
    #expect(VectorSearcher.order(hits.map(\.record.metadata), toFront: "LAZY fox") == [1, 2, 0])
  }

  @Test func eachLevelFindsMore() throws {
    let (sandbox, folder) = try folder()
    defer { withExtendedLifetime(sandbox) {} }
    let seed: UInt64 = 11
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let count = 6_000
    let dimension = 32
    let member = try folder.createVectors(name: "l")
    let vectors = (0..<count).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) } }
    try folder.write(to: member) { try $0.insert(vectors.map { NewVector(vector: $0, metadata: "{}") }) }
    try folder.write(to: member) { try $0.updateGraph() }

    let searcher = try VectorSearcher(member.collection)
    let queries = (0..<40).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) } }
    let truth = try queries.map { Set(try searcher.search($0, top: 10, depth: .exact).hits.map(\.record.id)) }
    let recall = try SearchDepth.levels.map { level in
      let found = try queries.enumerated().map { index, query in
        let result = try searcher.search(query, top: 10, depth: SearchDepth(level: level))
        #expect(result.exact == (level == 5))
        return truth[index].intersection(result.hits.map(\.record.id)).count
      }
      return Double(found.reduce(0, +)) / Double(queries.count * 10)
    }
    print("recall by level: \(recall)")
    #expect(recall == recall.sorted())
    #expect(recall[0] < 1)
    #expect(recall[5] == 1)
  }

  @Test func graphFollowsInTheBackground() async throws {
    let (sandbox, folder) = try folder()
    defer { withExtendedLifetime(sandbox) {} }
    var generator = SeededGenerator(seed: 3)
    let member = try folder.createVectors(name: "g")
    let vectors = (0..<5_100).map { _ in (0..<8).map { _ in Float.random(in: -1...1, using: &generator) } }
    for part in [0..<5_000, 5_000..<5_100] {
      try folder.write(to: member) { try $0.insert(vectors[part].map { NewVector(vector: $0, metadata: "{}") }) }
    }
    let moment = try member.collection.moment()
    for _ in 0..<300 {
      if try member.collection.graph(at: moment)?.generation == moment.generation { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(try member.collection.graph(at: moment)?.base.liveCount == 5_100)
    #expect(try !VectorSearcher(member.collection).search(vectors[0], top: 1).exact)
    #expect(try Verifier(member.collection).run().isSound)
  }
}

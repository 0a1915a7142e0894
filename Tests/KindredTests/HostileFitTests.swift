import Foundation
import GRDB
import ImageDecoding
import Testing
import VectorIndex

@testable import Kindred

/// Fits, graphs and recipes that somebody else has written, or that do not belong to the collection.
@Suite struct HostileFitTests {
  static let dimension = 1_048

  /// A collection of made-up views, with a graph. Its files are there, so that it is sound.
  private func filled(_ count: Int = 240) throws -> (Sandbox, Collection) {
    let sandbox = try Sandbox()
    let collection = try RecipeTests.collection(sandbox, RecipeChoice(.fast), count: 0)
    let writer = try CollectionWriter(collection)
    try Self.add(0..<count, sandbox, to: writer)
    try writer.updateGraph(force: true)
    #expect(try collection.fit(at: collection.moment())?.dimension == Self.dimension)
    return (sandbox, collection)
  }

  private static func add(_ numbers: Range<Int>, _ sandbox: Sandbox, to writer: CollectionWriter) throws {
    var generator = SeededGenerator(seed: 9)
    let entries = try numbers.map { number in
      let path = "\(sandbox.pictures)/\(number).jpg"
      try Data("\(number)".utf8).write(to: URL(fileURLWithPath: path))
      let file = WalkedFile(path: path, try #require(FolderWalker.information(path)))
      var centre = SeededGenerator(seed: UInt64(number % 8))
      let vector = (0..<48).map { _ in
        Float.random(in: 0...1, using: &centre) + Float.random(in: 0...0.4, using: &generator)
      }
      let view = ViewFeature(vector: vector, classes: [ClassProbability(index: number % 8, probability: 0.5)])
      return BatchEntry(
        file: file,
        outcome: .embedded(
          sha256: ContentHash.sha256(Array("\(number)".utf8)),
          NewContent(
            byteCount: 1, metadata: ImageMetadata(format: .jpeg, width: 1, height: 1),
            embedding: Embedding(views: [view], predictions: []))), folderLabels: [])
    }
    _ = try writer.commit(entries)
  }

  private func execute(_ sandbox: Sandbox, _ sql: String) throws {
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").write { try $0.execute(sql: sql) }
  }

  private func nearest(_ sandbox: Sandbox, to id: Int64 = 5) throws -> [Int64] {
    var request = SearchRequest()
    request.positives = [.identifier(id)]
    let searcher = Searcher(try Collection(at: sandbox.index)) {
      throw KindredError(.invalidArgument, reason: "no network")
    }
    return try searcher.search(request).hits.map(\.record.id)
  }

  private func bytesOfFeatures(_ sandbox: Sandbox) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: sandbox.index + "/features-000001.f32"))
  }

  /// `verify` notices, `--repair` mends, no feature is touched, and searches answer as before.
  private func isNoticedAndMended(
    _ sandbox: Sandbox, _ expected: [Int64], _ features: Data, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let collection = try Collection(at: sandbox.index)
    let (before, after) = try Repairer(collection) { throw KindredError(.invalidArgument, reason: "no network") }.run()
    #expect(before.problems.map(\.kind).contains(.graph), sourceLocation: sourceLocation)
    #expect(before.problems.allSatisfy { $0.kind == .graph }, "\(before.problems)", sourceLocation: sourceLocation)
    #expect(after.isSound, "\(after.problems)", sourceLocation: sourceLocation)
    #expect(try nearest(sandbox) == expected, sourceLocation: sourceLocation)
    #expect(try bytesOfFeatures(sandbox) == features, sourceLocation: sourceLocation)
  }

  private static func unit(_ count: Int, of dimension: Int) -> Projection? {
    var components = [Float](repeating: 0, count: count * dimension)
    for row in 0..<count { components[row * dimension + row] = 1 }
    return try? Projection(components: components, dimension: dimension)
  }

  /// Sound by themselves, and of another collection: with the projection to as many numbers as the graph codes, for
  /// one.
  @Test func fitsOfOtherEmbeddingsAreNamedAndMended() throws {
    let (sandbox, collection) = try filled()
    let expected = try nearest(sandbox)
    let features = try bytesOfFeatures(sandbox)
    let own = try #require(try collection.fit(at: collection.moment()))
    let codes = try #require(own.projection?.count)
    var (shifted, scaled) = (own, own)
    shifted.mean = own.mean.map { Array($0.reversed()) }
    scaled.unrelated = -1
    let (same, other) = (Self.dimension, Self.dimension + 16)
    let fits = [
      EmbeddingFit(
        rowCount: 240, dimension: other, unrelated: 0, codes: .int8, projection: Self.unit(codes, of: other)),
      EmbeddingFit(rowCount: 240, dimension: 48, mean: [Float](repeating: 0.1, count: 48), unrelated: 0),
      EmbeddingFit(rowCount: 240, dimension: other, unrelated: 0, codes: .float16),
      EmbeddingFit(rowCount: 240, dimension: same, unrelated: 0.9), shifted, scaled,
    ]
    for (number, fit) in fits.enumerated() {
      let path = collection.files.fit(try Collection(at: sandbox.index).moment().fit)
      try fit.write(to: path)
      if fit.dimension != same {
        let error = #expect(throws: KindredError.self) { try nearest(sandbox) }
        #expect(error?.code == .damagedCollection && error?.place == path, "fit \(number)")
      }
      try isNoticedAndMended(sandbox, expected, features)
    }
  }

  /// A graph file with a hole, larger than any memory, and one that says that it has more rows than there are.
  @Test func graphsThatAreTooLarge() throws {
    let (sandbox, collection) = try filled()
    let (expected, features) = (try nearest(sandbox), try bytesOfFeatures(sandbox))
    func path() throws -> String {
      let moment = try Collection(at: sandbox.index).moment()
      return collection.files.graph(moment.segment, fit: moment.fit)
    }
    #expect(truncate(try path(), 1 << 40) == 0)
    try isNoticedAndMended(sandbox, expected, features)
    let moment = try collection.moment()
    let fit = try #require(try collection.fit(at: moment))
    let codes = try #require(fit.projection?.count)
    let many = try CodeGraph(
      dimension: codes, kind: .int8, parameters: collection.settings.graph, fit: Int64(moment.fit))
    try many.insert([Float](repeating: 1, count: 400 * codes), rows: Array(0..<400))
    try many.save(to: path(), generation: moment.generation)
    try isNoticedAndMended(sandbox, expected, features)
  }

  /// The database names a fit that is not there, or one whose number leaves no room for the next.
  @Test func numbersOfFits() throws {
    let (sandbox, _) = try filled()
    let (expected, features) = (try nearest(sandbox), try bytesOfFeatures(sandbox))
    for number in [7, 1 << 32] {
      try execute(sandbox, "UPDATE property SET value = '\(number)' WHERE name = 'fit'")
      #expect(throws: (any Error).self) { try nearest(sandbox) }
      try isNoticedAndMended(sandbox, expected, features)
      #expect(try Collection(at: sandbox.index).moment().fit < 1 << 31)
    }
  }

  @Test func aRecipeThatCannotBeReadIsReplaced() throws {
    let (sandbox, _) = try filled(60)
    let model = try Collection(at: sandbox.index).imageModel
    for text in ["{}", "[]", "{\"views\":[],\"classWeight\":1,\"similarity\":\"cosine\"}", "none"] {
      try execute(sandbox, "UPDATE property SET value = '\(text)' WHERE name = 'recipe'")
      let collection = try Collection(at: sandbox.index)
      let error = #expect(throws: KindredError.self) { try nearest(sandbox) }
      #expect(error?.code == .damagedCollection && error?.remedy?.contains("recipe set") == true)
      try CollectionWriter.replaceDamagedRecipe(of: collection)
      do { try CollectionWriter(collection).setRecipe(EmbeddingRecipe(.fast, for: model)) }
      #expect(try Verifier(Collection(at: sandbox.index)).run().isSound)
      #expect(try nearest(sandbox).count > 0)
    }
    // A recipe that can be read stays.
    let collection = try Collection(at: sandbox.index)
    try CollectionWriter.replaceDamagedRecipe(of: collection)
    #expect(try Collection(at: sandbox.index).recipe() == EmbeddingRecipe(.fast, for: model))
  }

  /// Where a collection had no fit for a time, the number of its first comes again: a reader must not take the one for
  /// the other.
  @Test func aReaderSeesThatANumberHasComeAgain() throws {
    let (sandbox, reader) = try filled(60)
    func fit() throws -> EmbeddingFit? { try reader.fit(at: reader.moment()) }
    #expect(try fit()?.dimension == Self.dimension)
    #expect(try reader.moment().fit == 1)
    let model = try reader.imageModel
    let other = try Collection(at: sandbox.index)
    do {
      let writer = try CollectionWriter(other)
      try writer.removeImages(ids: Array(1...20))
      try writer.setRecipe(EmbeddingRecipe(.plain, for: model))
      try Self.add(100..<140, sandbox, to: writer)
      try writer.updateGraph()
    }
    #expect(try reader.moment().fit == 1)
    #expect(try fit()?.dimension == 48 && fit()?.rowCount == 80)
    #expect(try reader.embeddings(at: reader.moment()).dimension == 48)
  }

  /// One damaged row does not keep the rest from being learnt from.
  @Test func aDamagedRowIsNotLearntFrom() throws {
    let (sandbox, collection) = try filled()
    var bytes = try bytesOfFeatures(sandbox)
    let rowBytes = (bytes.count - 64) / 240
    // A number of the vector that is not finite in half precision.
    bytes.replaceSubrange((64 + 4 * rowBytes - 10)..<(64 + 4 * rowBytes - 8), with: [0, 0x7E])
    try bytes.write(to: URL(fileURLWithPath: sandbox.index + "/features-000001.f32"))
    let fresh = try Collection(at: sandbox.index)
    do {
      let writer = try CollectionWriter(fresh)
      try writer.setRecipe(EmbeddingRecipe(.plain, for: collection.imageModel))
      try writer.setRecipe(EmbeddingRecipe(.fast, for: collection.imageModel))
    }
    #expect(try nearest(sandbox).count > 0)
    let error = #expect(throws: KindredError.self) { try nearest(sandbox, to: 4) }
    #expect(error?.code == .damagedCollection)
    let problems = try Verifier(Collection(at: sandbox.index)).run().problems
    #expect(problems.map(\.kind) == [.feature], "\(problems)")
  }
}

import Foundation
import GRDB
import ImageDecoding
import ResNet
import Testing
import VectorIndex

@testable import Kindred

/// How embeddings are made, and how that changes.
@Suite struct RecipeTests {
  static let classCount = 1_000

  /// A collection of a network with ImageNet's classes, whose views are made up.
  static func collection(_ sandbox: Sandbox, _ recipe: RecipeChoice, count: Int, seed: UInt64 = 1) throws -> Collection
  {
    let model = CollectionSettings.Model(
      name: "test", sha256: String(repeating: "cd", count: 32), preprocessing: .torchvision, featureDimension: 48,
      classCount: classCount)
    let collection = try Collection.create(
      at: sandbox.index, settings: CollectionSettings(model: model, recipe: recipe.recipe(for: model)),
      recipe: recipe.recipe(for: model))
    let writer = try CollectionWriter(collection)
    try add(count, to: writer, seed: seed)
    return collection
  }

  static func add(_ count: Int, to writer: CollectionWriter, seed: UInt64, cluster only: Int? = nil) throws {
    var generator = SeededGenerator(seed: seed)
    var entries: [BatchEntry] = []
    for number in 0..<count {
      let cluster = only ?? number % 20
      var centre = SeededGenerator(seed: UInt64(cluster) + 77)
      let middle = (0..<48).map { _ in Float.random(in: 0...1, using: &centre) }
      let views = writer.collection.settings.views.map { _ in
        ViewFeature(
          vector: middle.map { max(0, $0 + Float.random(in: -0.5...0.5, using: &generator)) * 9 },
          classes: [
            ClassProbability(index: cluster, probability: 0.7),
            ClassProbability(index: 500 + number % 7, probability: 0.2),
          ])
      }
      entries.append(
        BatchEntry(
          file: WalkedFile(path: "/p/\(seed)/\(number).jpg", byteCount: 1, modified: 0),
          outcome: .embedded(
            sha256: ContentHash.sha256(Array("\(seed)-\(number)".utf8)),
            NewContent(
              byteCount: 1, metadata: ImageMetadata(format: .jpeg, width: 1, height: 1),
              embedding: Embedding(views: views, predictions: []))), folderLabels: []))
    }
    _ = try writer.commit(entries)
  }

  static func text(_ text: String) throws -> RecipeChoice { try #require(RecipeChoice(text)) }

  @Test func recipesHaveNamesAndParts() throws {
    #expect(RecipeChoice("best") == RecipeChoice(.best))
    #expect(try Self.text("crop+squash").recipe(classCount: 1_000) == EmbeddingRecipe(.balanced, classCount: 1_000))
    for bad in ["", "crop+", "crop+crop", "Best", "squash, crop", "none"] {
      #expect(RecipeChoice(bad) == nil, "\(bad)")
    }
    #expect(EmbeddingRecipe(.fast, classCount: 0).classWeight == 0)
    #expect(EmbeddingRecipe(.plain, classCount: 1_000).classWeight == 0)
    for name in EmbeddingRecipe.Name.allCases {
      let recipe = EmbeddingRecipe(name, classCount: 1_000)
      let data = try JSONEncoder().encode(recipe)
      #expect(try JSONDecoder().decode(EmbeddingRecipe.self, from: data) == recipe)
    }
  }

  @Test func theMeanIsLearntFromEnoughAndKeptUntilMuchHasChanged() throws {
    let sandbox = try Sandbox()
    let collection = try Self.collection(sandbox, RecipeChoice(.balanced), count: 40)
    func fit() throws -> EmbeddingFit? { try collection.fit(at: collection.moment()) }
    func add(_ count: Int, _ seed: UInt64, cluster: Int? = nil) throws {
      let writer = try CollectionWriter(collection)
      try Self.add(count, to: writer, seed: seed, cluster: cluster)
      try writer.updateGraph()
    }
    do { try CollectionWriter(collection).updateGraph() }
    #expect(try fit() == nil)
    #expect(try collection.scoreScale(at: collection.moment()) == .usual(centered: false))
    try add(60, 2)
    #expect(try fit()?.rowCount == 100)
    #expect(try fit()?.mean == nil)
    try add(100, 3)
    let first = try #require(try fit())
    #expect(first.mean?.count == 48 + Self.classCount && first.codes == nil)
    let number = try collection.moment().fit
    // More of the same changes nothing; the median cosine is 0 after the mean is taken away.
    try add(300, 4)
    #expect(try collection.moment().fit == number)
    #expect(abs(first.unrelated) < 0.2)
    // Many of one kind move the mean.
    try add(250, 5, cluster: 3)
    #expect(try collection.moment().fit > number)
    #expect(try fit()?.rowCount == 750)
    // Files of the fit before are gone.
    let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.index).filter { $0.hasSuffix(".fit") }
    #expect(names.count == 1)
    #expect(try Verifier(collection, hashesFiles: false).run().problems.allSatisfy { $0.kind == .missingFile })
  }

  @Test func aRecipeChangesWithoutTheNetwork() throws {
    let sandbox = try Sandbox()
    let collection = try Self.collection(sandbox, RecipeChoice(.balanced), count: 300)
    do { try CollectionWriter(collection).updateGraph() }
    let model = try collection.imageModel
    for name in [EmbeddingRecipe.Name.plain, .fast, .balanced] {
      let recipe = EmbeddingRecipe(name, for: model)
      do { try CollectionWriter(collection).setRecipe(recipe) }
      let again = try Collection(at: sandbox.index)
      #expect(try again.recipe() == recipe)
      #expect(try again.embeddings(at: again.moment()).dimension == (name == .plain ? 48 : 1_048))
      #expect(try (again.fit(at: again.moment())?.mean == nil) == (name == .plain))
      let moment = try again.moment()
      let rows = try again.embeddings(at: moment)
      let best = rows.exactNeighbors(of: rows.row(7), top: 5)
      #expect(best[0].row == 7 && best.allSatisfy { $0.row % 20 == 7 })
    }
    let error = #expect(throws: KindredError.self) {
      try CollectionWriter(collection).setRecipe(EmbeddingRecipe(.best, for: model))
    }
    #expect(error?.reason.contains("crop-mirror and squash-mirror") == true)
    #expect(error?.remedy?.contains("--recipe") == true)
    #expect(try collection.recipe() == EmbeddingRecipe(.balanced, for: model))
  }

  /// Searches that began before a graph was swapped end with it, and none fails meanwhile.
  @Test func readersGoOnWhileARecipeChanges() async throws {
    let sandbox = try Sandbox()
    let collection = try Self.collection(sandbox, RecipeChoice(.balanced), count: 5_100)
    do { try CollectionWriter(collection).updateGraph() }
    #expect(try collection.fit(at: collection.moment())?.codes != nil)
    let id = try collection.imageIDs(paths: ["/p/1/11.jpg"])[0]
    let path = sandbox.index
    let done = Task.detached {
      var exact = 0
      var count = 0
      let reader = try Collection(at: path)
      let searcher = Searcher(reader) { preconditionFailure("no picture is embedded") }
      var request = SearchRequest()
      request.positives = [.identifier(id)]
      repeat {
        let result = try searcher.search(request)
        guard result.hits.count == 10 else { throw KindredError(.invalidArgument, reason: "\(result.hits.count) hits") }
        exact += result.exact ? 1 : 0
        count += 1
      } while !Task.isCancelled
      return (exact, count)
    }
    let model = try collection.imageModel
    for name in [EmbeddingRecipe.Name.fast, .plain, .balanced] {
      try CollectionWriter(collection).setRecipe(EmbeddingRecipe(name, for: model))
    }
    done.cancel()
    let (exact, count) = try await done.value
    #expect(count > 0)
    #expect(exact == 0, "of \(count) searches")
    #expect(try Verifier(collection, hashesFiles: false).run().problems.allSatisfy { $0.kind == .missingFile })
  }

  @Test func aFitOrGraphThatIsDamagedIsNamedAndMended() throws {
    let sandbox = try Sandbox()
    let collection = try Self.collection(sandbox, RecipeChoice(.fast), count: 5_100)
    do { try CollectionWriter(collection).updateGraph() }
    for damages in [true, false] {
      for kind in ["fit", "hnsw"] {
        let moment = try Collection(at: sandbox.index).moment()
        let path =
          kind == "fit" ? collection.files.fit(moment.fit) : collection.files.graph(moment.segment, fit: moment.fit)
        if damages {
          var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
          bytes[bytes.count / 2] ^= 1
          try bytes.write(to: URL(fileURLWithPath: path))
        } else {
          try FileManager.default.removeItem(atPath: path)
        }
        let broken = try Collection(at: sandbox.index)
        #expect(try Verifier(broken, hashesFiles: false).run().problems.contains { $0.kind == .graph })
        do { try CollectionWriter(broken).updateGraph() }
        #expect(
          try Verifier(Collection(at: sandbox.index), hashesFiles: false).run().problems.allSatisfy {
            $0.kind == .missingFile
          })
      }
    }
  }

  /// Collections of the format's first version open, are searched, written to, and can be compared centred.
  @Test func theFirstVersionOpens() throws {
    let sandbox = try Sandbox()
    let collection = try sandbox.firstCollection()
    for (hue, name) in ["red", "green", "blue"].enumerated() {
      for number in 0..<3 { try sandbox.picture("\(name)/\(number).jpg", hue: hue, variant: number) }
    }
    // As the first version left it: no recipe, no fit, no table of rejections.
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").write { db in
      try db.execute(sql: "DELETE FROM property WHERE name IN ('recipe', 'fit')")
      try db.execute(sql: "DROP TABLE rejection")
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    withExtendedLifetime(collection) {}
    let old = try Collection(at: sandbox.index)
    #expect(try old.recipe() == EmbeddingRecipe(.plain, classCount: 0))
    try sandbox.run()
    #expect(try old.features(at: old.moment()).layout.numbers == .float32)
    #expect(try sandbox.search { $0.positives = [.file(sandbox.pictures + "/red/0.jpg")] }.hits[0].score > 0.999)
    let centered = EmbeddingRecipe(views: [.crop], classWeight: 0, similarity: .centered)
    do { try CollectionWriter(old).setRecipe(centered) }
    #expect(try sandbox.search { $0.positives = [.file(sandbox.pictures + "/red/0.jpg")] }.hits[0].score > 0.999)
    #expect(try Verifier(Collection(at: sandbox.index)).run().isSound)
    #expect(throws: KindredError.self) {
      try CollectionWriter(old).setRecipe(EmbeddingRecipe(.balanced, for: old.imageModel))
    }
  }

  @Test func scoresMeanTheSameOnEveryScale() {
    for unrelated in [-0.2, 0, 0.55, 0.9] as [Float] {
      let scale = ScoreScale(unrelated: unrelated)
      #expect(scale.score(ofCosine: 1) == 1)
      #expect(scale.score(ofCosine: unrelated) == 0)
      #expect(abs(scale.score(ofCosine: scale.related) - ScoreScale.cutOff) < 1e-6)
      #expect(scale.score(ofCosine: -1) == 0 && scale.score(ofCosine: .nan) == 0)
      for step in 1...20 {
        let score = Float(step) / 20
        #expect(abs(scale.score(ofCosine: scale.cosine(ofScore: score)) - score) < 1e-4)
      }
    }
  }
}

import Foundation
import Testing

@testable import VectorIndex

/// Embeddings against the definition, computed in double precision.
@Suite struct EmbeddingRowsTests {
  static let layout = RowLayout(dimension: 37, viewCount: 3, classCount: 50, keptClasses: 5)

  static func view(_ generator: inout SeededGenerator, _ layout: RowLayout = layout) -> ViewFeature {
    var rest: Float = 1
    var classes: [ClassProbability] = []
    for index in (0..<layout.classCount).shuffled(using: &generator).prefix(layout.keptClasses) {
      let part = rest * Float.random(in: 0.2...0.7, using: &generator)
      rest -= part
      classes.append(ClassProbability(index: index, probability: part))
    }
    classes.sort { $0.probability > $1.probability }
    return ViewFeature(
      vector: (0..<layout.dimension).map { _ in Float.random(in: 0...3, using: &generator) }, classes: classes)
  }

  static func rows(_ count: Int, seed: UInt64, _ layout: RowLayout = layout) -> [[ViewFeature]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in (0..<layout.viewCount).map { _ in view(&generator, layout) } }
  }

  /// The definition of an embedding, word for word.
  static func expected(_ views: [ViewFeature], _ composition: EmbeddingComposition, _ layout: RowLayout) -> [Double] {
    func normalized(_ vector: [Double]) -> [Double] {
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return vector.map { $0 / length }
    }
    let used = composition.views.map { views[$0] }
    var feature = [Double](repeating: 0, count: layout.dimension)
    for view in used {
      for (index, value) in normalized(view.vector.map(Double.init)).enumerated() { feature[index] += value }
    }
    var embedding = normalized(feature)
    if composition.classWeight > 0 {
      var classes = [Double](repeating: 0, count: layout.classCount)
      for view in used {
        for kept in view.classes { classes[kept.index] += Double(kept.probability) / Double(used.count) }
      }
      embedding = normalized(embedding + classes.map { Double(composition.classWeight) * $0.squareRoot() })
    }
    guard let mean = composition.mean else { return embedding }
    return normalized(zip(embedding, mean).map { $0 - Double($1) })
  }

  static let compositions: [EmbeddingComposition] = {
    let mean = (0..<87).map { $0 < 37 ? 0.14 as Float : 0.01 }
    return [
      EmbeddingComposition(views: [0]), EmbeddingComposition(views: [2, 0]),
      EmbeddingComposition(views: [1], mean: Array(mean[..<37])),
      EmbeddingComposition(views: [0, 1], classWeight: 0.5),
      EmbeddingComposition(views: [0, 1, 2], classWeight: 0.5, mean: mean),
    ]
  }()

  @Test(arguments: compositions) func rowsAreTheDefinition(_ composition: EmbeddingComposition) throws {
    let folder = try TemporaryFolder()
    let rows = Self.rows(40, seed: 11)
    let features = try FeatureFile.create(path: folder("views"), layout: Self.layout)
    try features.append(views: rows)
    let embeddings = try EmbeddingRows(features, composition)
    #expect(embeddings.dimension == (composition.classWeight > 0 ? 87 : 37))
    for (index, views) in rows.enumerated() {
      let expected = Self.expected(views, composition, Self.layout)
      // What is stored is rounded to eleven bits, and roots of probabilities to steps of 1/63.
      let slack = composition.classWeight > 0 ? 0.02 : 2e-3
      for (found, wanted) in zip(embeddings.row(index), expected) { #expect(abs(Double(found) - wanted) < slack) }
      // What is not in the file is not rounded.
      let used = composition.views.map { views[$0] }
      for (found, wanted) in zip(embeddings.embedding(of: used), expected) {
        #expect(abs(Double(found) - wanted) < 1e-5)
      }
      let stored = embeddings.embedding(ofStored: features.views(ofRow: index))
      // A vector's own length is scaled out again, rounded to half precision or not.
      for (found, wanted) in zip(stored, embeddings.row(index)) { #expect(abs(found - wanted) < 1e-4) }
    }
  }

  /// Scores without embeddings are the products of embeddings, one by one, in batches, and among chosen rows.
  @Test(arguments: compositions) func waysToCompareAgree(_ composition: EmbeddingComposition) throws {
    let folder = try TemporaryFolder()
    let features = try FeatureFile.create(path: folder("views"), layout: Self.layout)
    try features.append(views: Self.rows(700, seed: 12))
    let embeddings = try EmbeddingRows(features, composition)
    let all = embeddings.rows(Array(0..<700))
    let queries = Array(all[..<(20 * embeddings.dimension)])
    let chosen = (0..<700).filter { $0 % 3 == 1 }
    let batch = embeddings.exactNeighbors(ofBatch: queries, top: 12)
    let some = embeddings.exactNeighbors(ofBatch: queries, top: 12, among: chosen + [5_000])
    for query in 0..<20 {
      let vector = Array(queries[query * embeddings.dimension..<(query + 1) * embeddings.dimension])
      let scores = embeddings.scores(of: vector, rows: Array(0..<700))
      for row in 0..<700 {
        let product = zip(vector, all[row * embeddings.dimension..<(row + 1) * embeddings.dimension])
          .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(scores[row]) - product) < 2e-5)
      }
      let one = embeddings.exactNeighbors(of: vector, top: 12)
      #expect(one[0].row == query && abs(one[0].score - 1) < 1e-4)
      #expect(one.map(\.row) == batch[query].map(\.row))
      let oneOfSome = embeddings.exactNeighbors(of: vector, top: 12, among: chosen + [5_000])
      #expect(oneOfSome.map(\.row) == some[query].map(\.row))
      #expect(oneOfSome.allSatisfy { $0.row % 3 == 1 })
    }
  }

  /// What a search keeps of rows for the next one holds for those rows only, from whatever number on there are more.
  @Test func laterRowsAreComparedToo() throws {
    let folder = try TemporaryFolder()
    let features = try FeatureFile.create(path: folder("views"), layout: Self.layout)
    let composition = Self.compositions[2]
    let embeddings = try EmbeddingRows(features, composition)
    let rows = Self.rows(5_000, seed: 13)
    var count = 0
    for next in [1, 127, 128, 300, 4_097, 5_000] {
      try features.append(views: Array(rows[count..<next]))
      count = next
      let query = embeddings.row(next - 1)
      let first = embeddings.exactNeighbors(of: query, top: 20)
      #expect(first[0].row == next - 1)
      #expect(embeddings.exactNeighbors(of: query, top: 20) == first)
      let fresh = try EmbeddingRows(features, composition)
      #expect(fresh.exactNeighbors(of: query, top: 20) == first)
      #expect(fresh.exactNeighbors(ofBatch: query, top: 20)[0].map(\.row) == first.map(\.row))
      #expect(embeddings.knownFactors.all.count == next)
    }
  }

  /// The single-precision rows of the format's first version are embeddings too, with or without a mean.
  @Test func plainRowsAreEmbeddings() throws {
    let folder = try TemporaryFolder()
    let vectors = Vectors.clustered(count: 300, dimension: 24, clusters: 9, spread: 0.4, seed: 3)
    let features = try FeatureFile.filled(folder("plain"), dimension: 24, vectors)
    let plain = try EmbeddingRows(features, EmbeddingComposition())
    #expect(plain.rows([7]) == features.row(7))
    #expect(plain.exactNeighbors(of: features.row(7), top: 9) == features.exactNeighbors(of: features.row(7), top: 9))
    let mean = plain.mean(ofRows: Array(0..<300))
    let centered = try EmbeddingRows(features, EmbeddingComposition(mean: mean))
    let query = centered.row(7)
    let scores = centered.scores(of: query, rows: Array(0..<300))
    for row in 0..<300 {
      let product = zip(query, centered.row(row)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(scores[row]) - product) < 2e-5)
    }
    #expect(centered.mean(ofRows: Array(0..<300)).elementsEqual(mean) { abs($0 - $1) < 1e-6 })
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let folder = try TemporaryFolder()
    let features = try FeatureFile.create(path: folder("views"), layout: Self.layout)
    expectError(.invalidArgument) { _ = try EmbeddingRows(features, EmbeddingComposition(views: [3])) }
    expectError(.invalidArgument) { _ = try EmbeddingRows(features, EmbeddingComposition(views: [])) }
    expectError(.invalidArgument) {
      _ = try EmbeddingRows(features, EmbeddingComposition(mean: [Float](repeating: 0, count: 36)))
    }
    expectError(.invalidArgument) {
      _ = try EmbeddingRows(features, EmbeddingComposition(mean: [Float](repeating: .nan, count: 37)))
    }
    expectError(.invalidArgument) { _ = try EmbeddingRows(features, EmbeddingComposition(classWeight: -1)) }
    var row = Self.rows(1, seed: 1)[0]
    expectError(.invalidArgument) { try features.append(views: [Array(row[..<2])]) }
    expectError(.invalidArgument) { try features.append([1]) }
    row[1].vector = [Float](repeating: 0, count: 37)
    expectError(.invalidArgument) { try features.append(views: [row]) }
    row = Self.rows(1, seed: 1)[0]
    row[2].classes[0].index = 50
    expectError(.invalidArgument) { try features.append(views: [row]) }
    #expect(features.rowCount == 0)
  }

  /// Rows of random bytes give numbers or nothing, never a crash.
  @Test func damagedRowsAreSurvived() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 99)
    let features = try FeatureFile.create(path: folder("views"), layout: Self.layout)
    let bytes = (0..<200 * Self.layout.rowBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
    try bytes.withUnsafeBytes { _ = try features.append(bytes: $0, rows: 200) }
    for composition in Self.compositions {
      let embeddings = try EmbeddingRows(features, composition)
      let query = [Float](repeating: 0.1, count: embeddings.dimension)
      _ = embeddings.rows(Array(0..<200))
      _ = embeddings.exactNeighbors(ofBatch: query, top: 5)
      #expect(embeddings.exactNeighbors(of: query, top: 5).allSatisfy { !$0.score.isNaN })
    }
    #expect((0..<200).allSatisfy { features.fault(ofRow: $0) != nil })
  }
}

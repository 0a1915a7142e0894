import Foundation
import Testing

@testable import VectorIndex

@Suite struct EmbeddingFitTests {
  private static func features(_ folder: TemporaryFolder, count: Int, seed: UInt64) throws -> FeatureFile {
    let vectors = Vectors.clustered(count: count, dimension: 40, clusters: 12, spread: 0.5, seed: seed)
    let features = try FeatureFile.create(
      path: folder("views-\(seed)"), layout: RowLayout(dimension: 40, viewCount: 1))
    try features.append(
      views: (0..<count).map { row in
        // Features after a ReLU are all positive, so that any two are alike.
        [ViewFeature(vector: vectors[row * 40..<(row + 1) * 40].map { abs($0) + 0.05 })]
      })
    return features
  }

  @Test func meanAndBackgroundAreLearnt() throws {
    let folder = try TemporaryFolder()
    let features = try Self.features(folder, count: 600, seed: 21)
    let rows = Array(0..<600)
    let plain = try EmbeddingFit(
      learningFrom: features, EmbeddingComposition(), rows: rows, purpose: .init(centers: false, codes: false))
    #expect(plain.mean == nil && plain.codes == nil && plain.rowCount == 600)
    #expect(plain.unrelated > 0.4)
    let centered = try EmbeddingFit(
      learningFrom: features, EmbeddingComposition(), rows: rows, purpose: .init(centers: true, codes: true))
    #expect(abs(centered.unrelated) < 0.2)
    #expect(centered.codes == .int8 && centered.projection?.count == 40)
    let mean = try #require(centered.mean)
    let embeddings = try EmbeddingRows(features, EmbeddingComposition())
    for column in 0..<40 {
      let sum = rows.reduce(0.0) { $0 + Double(embeddings.row($1)[column]) }
      #expect(abs(Double(mean[column]) - sum / 600) < 1e-5)
    }
    #expect(try centered.drift(of: features, EmbeddingComposition(), rows: rows) < 1e-3)
    // Rows of one kind have another mean.
    let alike = embeddings.exactNeighbors(of: embeddings.row(0), top: 40).map(\.row)
    #expect(try centered.drift(of: features, EmbeddingComposition(), rows: alike) > 0.3)
    #expect(try plain.drift(of: features, EmbeddingComposition(), rows: alike) == 0)
  }

  /// Vectors without directions that most of them share can't be coded in few numbers.
  @Test func noiseIsCodedWhole() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 5)
    let features = try FeatureFile.create(path: folder("noise"), layout: RowLayout(dimension: 600, viewCount: 1))
    for _ in 0..<10 {
      try features.append(
        views: (0..<150).map { _ in
          [ViewFeature(vector: (0..<600).map { _ in Float(Int64(bitPattern: generator.next()) >> 40) })]
        })
    }
    let fit = try EmbeddingFit(
      learningFrom: features, EmbeddingComposition(), rows: Array(0..<1_500), purpose: .init(centers: true, codes: true)
    )
    #expect(fit.codes == .float16 && fit.projection == nil)
  }

  @Test func filesComeBack() throws {
    let folder = try TemporaryFolder()
    let features = try Self.features(folder, count: 200, seed: 22)
    for purpose in [
      EmbeddingFit.Purpose(centers: false, codes: false), .init(centers: true, codes: false),
      .init(centers: true, codes: true), .init(centers: false, codes: true),
    ] {
      let fit = try EmbeddingFit(
        learningFrom: features, EmbeddingComposition(), rows: Array(0..<200), purpose: purpose)
      try fit.write(to: folder("fit"))
      #expect(try EmbeddingFit(contentsOf: folder("fit")) == fit)
    }
    let whole = EmbeddingFit(rowCount: 3, dimension: 40, unrelated: 0.25, codes: .float16)
    try whole.write(to: folder("fit"))
    #expect(try EmbeddingFit(contentsOf: folder("fit")) == whole)
  }

  @Test func damagedFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let features = try Self.features(folder, count: 120, seed: 23)
    let path = folder("fit")
    expectError(.notFound) { _ = try EmbeddingFit(contentsOf: path) }
    try EmbeddingFit(
      learningFrom: features, EmbeddingComposition(), rows: Array(0..<120), purpose: .init(centers: true, codes: true)
    ).write(to: path)
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func put(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    for size in [0, 7, 63, 64, good.count - 1] {
      try put(Array(good[..<size]))
      expectError(size < 8 ? .foreign : .damaged) { _ = try EmbeddingFit(contentsOf: path) }
    }
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      var bytes = good
      bytes[Int.random(in: 8..<good.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      try put(bytes)
      // The version is looked at first; all else is under a checksum.
      #expect(throws: VectorIndexError.self) { try EmbeddingFit(contentsOf: path) }
    }
    // Counts whose checksum was made to fit.
    for (offset, value) in [(16, 0), (16, 41), (20, 39), (24, 41), (24, 0xFFFF_FFFF), (28, 9), (32, 0x7FC0_0000)]
      as [(Int, UInt32)]
    {
      var bytes = good
      bytes.put(value, at: offset)
      bytes.put(bytes[..<60].withUnsafeBytes(Checksum.crc32c), at: 60)
      try put(bytes)
      expectError(.damaged) { _ = try EmbeddingFit(contentsOf: path) }
    }
  }
}

import Foundation
import Testing

@testable import VectorIndex

/// A feature file of format version 2 and fit files of version 1 that were committed when these were current: they must
/// open for ever, and what is written today must be the same, byte for byte.
///
/// `KINDRED_WRITE_FIXTURES=views` writes them anew, which is right only for a format that nobody has files of.
@Suite struct GoldenViewFileTests {
  static let features = GoldenFileTests.folder.appendingPathComponent("features-2").path
  static let isWriting = ProcessInfo.processInfo.environment["KINDRED_WRITE_FIXTURES"] == "views"
  static let layout = RowLayout(dimension: 5, viewCount: 2, classCount: 10, keptClasses: 3)

  static func fit(_ name: String) -> String { GoldenFileTests.folder.appendingPathComponent("fit-1-\(name)").path }

  /// Vectors whose numbers, lengths and products need no rounding, so that every processor stores the same bits.
  static let rows: [[ViewFeature]] = [
    [view([0, 4, 0, 0, 0], [(7, 1)]), view([2, 2, 0, -2, 2], [(9, 0.25), (0, 0.25), (3, 0.0625)])],
    [view([-3, 3, 3, 3, 0]), view([0, 0, 0, 0, 0.5], [(1, 1), (2, 0), (3, 0)])],
    // More classes than are kept, of which one would be rounded to none.
    [view([8, 0, 8, 8, 8], [(4, 0.5), (5, 0.25), (6, 0.2), (8, 0.05)]), view([1, 0, 0, 0, 0], [(0, 0.00001)])],
  ]

  private static func view(_ vector: [Float], _ classes: [(Int, Float)] = []) -> ViewFeature {
    ViewFeature(vector: vector, classes: classes.map { ClassProbability(index: $0, probability: $1) })
  }

  static let fits: [String: EmbeddingFit] = [
    "empty": EmbeddingFit(rowCount: 50, dimension: 4, unrelated: 0.5625),
    "mean": EmbeddingFit(rowCount: 3_000_000_000, dimension: 4, mean: [0.5, -0.25, 0, 0.125], unrelated: -0.03125),
    "float16": EmbeddingFit(
      rowCount: 5_000, dimension: 4, mean: [0.5, -0.25, 0, 0.125], unrelated: 0, codes: .float16),
    "int8": EmbeddingFit(
      rowCount: 5_001, dimension: 4, mean: [0, 0.25, -0.5, 0.125], unrelated: 0.25, codes: .int8,
      projection: try? Projection(components: [0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5, 0.5], dimension: 4)),
  ]

  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func featuresOfVersionTwoOpen() throws {
    if Self.isWriting {
      try? FileManager.default.removeItem(atPath: Self.features)
      try FeatureFile.create(path: Self.features, layout: Self.layout).append(views: Self.rows)
    }
    let file = try FeatureFile(path: Self.features, expectedDimension: 5)
    #expect(file.layout == Self.layout && file.rowCount == 3)
    let roots: [[[(Int, Float)]]] = [
      [[(7, 63)], [(9, 32), (0, 32), (3, 16)]], [[], [(1, 63)]], [[(4, 45), (5, 32), (6, 28)], []],
    ]
    for (row, views) in Self.rows.enumerated() {
      #expect(file.fault(ofRow: row) == nil)
      let found = file.views(ofRow: row)
      #expect(found.map(\.vector) == views.map(\.vector))
      for (view, expected) in zip(found, roots[row]) {
        #expect(view.classes.map(\.index) == expected.map(\.0))
        #expect(view.classes.map(\.probability) == expected.map { $0.1 / 63 * ($0.1 / 63) })
      }
    }
    #expect((0..<3).map(file.checksum(ofRow:)) == [2_343_528_673, 3_548_851_416, 2_437_443_285])
    // Averaged, (½, 1½, 0, −½, ½) and (−½, ½, ½, ½, 1): of squared lengths 3 and 2.
    let embeddings = try EmbeddingRows(file, EmbeddingComposition(views: [0, 1]))
    for (row, sum, square) in [(0, [0.5, 1.5, 0, -0.5, 0.5], 3), (1, [-0.5, 0.5, 0.5, 0.5, 1], 2)]
      as [(Int, [Float], Float)]
    {
      for (a, b) in zip(embeddings.row(row), sum) { #expect(abs(a - b / square.squareRoot()) < 1e-6) }
    }
  }

  @Test func featuresAreStillWrittenSo() throws {
    let folder = try TemporaryFolder()
    try FeatureFile.create(path: folder("features"), layout: Self.layout).append(views: Self.rows)
    #expect(try Self.bytes(folder("features")) == Self.bytes(Self.features))
  }

  @Test(arguments: fits.keys.sorted()) func fitsOfVersionOneOpen(name: String) throws {
    let fit = try #require(Self.fits[name])
    if Self.isWriting { try fit.write(to: Self.fit(name)) }
    #expect((fit.projection == nil) == (name != "int8"))
    #expect(try EmbeddingFit(contentsOf: Self.fit(name)) == fit)
    let folder = try TemporaryFolder()
    try fit.write(to: folder("fit"))
    #expect(try Self.bytes(folder("fit")) == Self.bytes(Self.fit(name)))
  }
}

import Foundation
import Testing

@testable import VectorIndex

/// Feature files whose rows hold views.
@Suite struct ViewFileTests {
  @Test func whatIsAppendedComesBackRounded() throws {
    let folder = try TemporaryFolder()
    let layout = EmbeddingRowsTests.layout
    let rows = EmbeddingRowsTests.rows(30, seed: 5)
    do {
      let file = try FeatureFile.create(path: folder("views"), layout: layout)
      #expect(try file.append(views: Array(rows[..<10])) == 0)
      #expect(try file.append(views: Array(rows[10...])) == 10)
    }
    let file = try FeatureFile(path: folder("views"))
    #expect(file.layout == layout && file.rowCount == 30)
    for (index, views) in rows.enumerated() {
      #expect(file.fault(ofRow: index) == nil)
      for (found, wanted) in zip(file.views(ofRow: index), views) {
        let length = wanted.vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(zip(found.vector, wanted.vector).allSatisfy { abs($0 - $1) < 1e-3 * length })
        // The root of a probability is kept in steps of 1/63; what is rounded to none is not kept.
        #expect(
          found.classes.map(\.index) == wanted.classes.filter { $0.probability.squareRoot() > 0.5 / 63 }.map(\.index))
        for (one, other) in zip(found.classes, wanted.classes) {
          #expect(abs(one.probability.squareRoot() - other.probability.squareRoot()) <= 0.5 / 63 + 1e-6)
        }
      }
    }
    let copy = try FeatureFile.create(path: folder("copy"), layout: layout)
    try copy.append(rows: [3, 29, 0], of: file)
    #expect(copy.checksum(ofRow: 1) == file.checksum(ofRow: 29))
    let other = try FeatureFile.create(path: folder("other"), layout: RowLayout(dimension: 37, viewCount: 2))
    expectError(.dimensionMismatch) { try other.append(rows: [0], of: file) }
  }

  /// Two views of 512 numbers with 32 classes each: the row that the space per image is made of.
  @Test func rowsAreSmall() {
    #expect(RowLayout(dimension: 512, viewCount: 2, classCount: 1_000, keptClasses: 32).rowBytes == 2_196)
    #expect(RowLayout(dimension: 2_048, viewCount: 1, classCount: 1_000, keptClasses: 32).rowBytes == 4_168)
    #expect(RowLayout(dimension: 3, viewCount: 1).rowBytes == 16)
  }

  @Test func likeliestClassesAreFound() {
    let probabilities: [Float] = [0.1, 0.3, 0, 0.3, 0.25, 0.05]
    #expect(ClassProbability.likeliest(probabilities, count: 3).map(\.index) == [1, 3, 4])
    #expect(ClassProbability.likeliest(probabilities, count: 9).map(\.index) == [1, 3, 4, 0, 5])
    #expect(ClassProbability.likeliest(probabilities, count: 0).isEmpty)
  }

  /// A header whose checksum was made to fit is still checked.
  @Test func refusesAnImpossibleHeader() throws {
    let folder = try TemporaryFolder()
    let path = folder("views")
    let faults: [(Int, UInt32)] = [
      (8, 1), (8, 3), (16, 0), (16, 70_000), (20, 1), (24, 0), (24, 9), (28, 1_025), (32, 51), (32, 65), (36, 0),
      (36, 4), (24, 0xFFFF_FFFF), (28, 0xFFFF_FFFF), (32, 0xFFFF_FFFF),
    ]
    for (offset, value) in faults {
      var bytes = try FeatureFile.Header(layout: EmbeddingRowsTests.layout, path: path).bytes
      for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
      let checksum = bytes[..<60].withUnsafeBytes(Checksum.crc32c)
      for byte in 0..<4 { bytes[60 + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      expectError(offset == 8 && value == 3 ? .unknownVersion : .damaged) { _ = try FeatureFile(path: path) }
    }
  }
}

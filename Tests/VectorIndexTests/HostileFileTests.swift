import Foundation
import Testing

@testable import VectorIndex

/// Fits and rows of views that somebody else has written, with checksums that fit.
@Suite struct HostileFileTests {
  private static func put(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private static func fixFit(_ bytes: inout [UInt8]) {
    guard bytes.count >= 64 else { return }
    bytes.put(bytes[64...].withUnsafeBytes(Checksum.crc32c), at: 36)
    bytes.put(bytes[..<60].withUnsafeBytes(Checksum.crc32c), at: 60)
  }

  private static func fit(_ path: String) throws -> [UInt8] {
    let vectors = Vectors.clustered(count: 90, dimension: 12, clusters: 4, spread: 0.5, seed: 31)
    try EmbeddingFit(
      rowCount: 90, dimension: 12, mean: [Float](repeating: 0.1, count: 12), unrelated: 0.1, codes: .int8,
      projection: Projection(fitting: vectors, dimension: 12, count: 7)
    ).write(to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func fitsOfImpossibleNumbersAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder("fit")
    let good = try Self.fit(path)
    // In the mean: not numbers, and longer than any mean of unit vectors. In the components: not orthonormal.
    for (offset, value) in [
      (64, .nan), (64, .infinity), (64, 1e38), (64, 1.2), (64 + 48, .nan), (64 + 48, 2), (good.count - 4, -.infinity),
    ] as [(Int, Float)] {
      var bytes = good
      bytes.put(value.bitPattern, at: offset)
      Self.fixFit(&bytes)
      try Self.put(bytes, path)
      expectError(.damaged) { _ = try EmbeddingFit(contentsOf: path) }
    }
    try Self.put(good, path)
    expectError(.dimensionMismatch) { _ = try EmbeddingFit(contentsOf: path, expectedDimension: 13) }
    #expect(try EmbeddingFit(contentsOf: path, expectedDimension: 12).codes == .int8)
  }

  /// A file with holes is larger than any memory.
  @Test func filesLargerThanMemory() throws {
    let folder = try TemporaryFolder()
    _ = try Self.fit(folder("fit"))
    let (features, graph) = try HNSWIndexTests.make(folder, count: 60)
    try graph.save(to: folder("rows"), generation: 1)
    try CodeGraphTests.make(count: 60, kind: .int8).graph.save(to: folder("codes"), generation: 1)
    expectError(.damaged) { _ = try CodeGraph(contentsOf: folder("codes"), rowLimit: 59) }
    #expect(try CodeGraph(contentsOf: folder("codes"), rowLimit: 60).count == 60)
    for name in ["fit", "rows", "codes"] { #expect(truncate(folder(name), 1 << 40) == 0) }
    expectError(.damaged) { _ = try EmbeddingFit(contentsOf: folder("fit")) }
    expectError(.damaged) { _ = try HNSWIndex(contentsOf: folder("rows"), features: features) }
    expectError(.damaged) { _ = try CodeGraph(contentsOf: folder("codes")) }
  }

  @Test(arguments: [UInt64(1), 2]) func fitsSurviveMutations(seed: UInt64) throws {
    print("mutation seed \(seed)")
    let folder = try TemporaryFolder()
    let path = folder("fit")
    let good = try Self.fit(path)
    let interesting: [UInt32] = [0, 1, 2, 7, 12, 13, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FC0_0000, 0x7F80_0000, 0x3F80_0000]
    var generator = SeededGenerator(seed: seed)
    var outcomes: [String: Int] = [:]
    for _ in 0..<600 {
      var bytes = good
      for _ in 0...(generator.next() % 3) {
        switch generator.next() % 5 {
        case 0: bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << UInt8(generator.next() % 8)
        case 1: bytes.put(interesting[Int(generator.next() % 11)], at: 8 + 4 * Int(generator.next() % 8))
        case 2: bytes.put(interesting[Int(generator.next() % 11)], at: 64 + 4 * Int(generator.next() % 48))
        case 3: bytes.removeLast(Int(generator.next() % 9))
        default: bytes += [UInt8](repeating: 0, count: 4 * Int(generator.next() % 13))
        }
      }
      if generator.next() % 8 != 0 { Self.fixFit(&bytes) }
      try Self.put(bytes, path)
      switch Result(catching: { () throws(VectorIndexError) in try EmbeddingFit(contentsOf: path) }) {
      case .success(let fit):
        outcomes["loaded", default: 0] += 1
        // What loads can be used and is written as it was.
        #expect((fit.mean ?? []).allSatisfy(\.isFinite) && (fit.mean?.count ?? fit.dimension) == fit.dimension)
        let unit = [Float](repeating: 1 / Float(fit.dimension).squareRoot(), count: fit.dimension)
        #expect(fit.projection?.projected(unit).allSatisfy { abs($0) < 1.01 } ?? true)
        try fit.write(to: path)
        #expect(try EmbeddingFit(contentsOf: path) == fit)
      case .failure(let error):
        #expect([.damaged, .foreign, .unknownVersion].contains(error.code), "\(error)")
        outcomes[error.reason.filter { !$0.isNumber }, default: 0] += 1
      }
    }
    #expect(outcomes["loaded", default: 0] > 20 && outcomes.count > 5, "\(outcomes)")
  }

  /// Rows whose lengths, products, classes and numbers can't be: nothing ends the process, and `fault` names most.
  @Test(arguments: [UInt64(1), 2]) func rowsOfViewsSurviveMutations(seed: UInt64) throws {
    print("mutation seed \(seed)")
    let folder = try TemporaryFolder()
    let layout = EmbeddingRowsTests.layout
    try FeatureFile.create(path: folder("good"), layout: layout).append(
      views: EmbeddingRowsTests.rows(12, seed: seed))
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder("good"))))
    let words: [UInt32] = [
      0, 0xFFFF_FFFF, 0x7FC0_0000, 0x7F80_0000, 0xFF80_0000, 0x7C00_7C00, 0x7E00_FC00, 0x7F7F_FFFF,
    ]
    var generator = SeededGenerator(seed: seed)
    var faults = 0
    for round in 0..<60 {
      var bytes = good
      for _ in 0..<6 {
        let offset = 64 + 4 * Int(generator.next() % UInt64((good.count - 64) / 4))
        bytes.put(words[Int(generator.next() % 8)], at: offset)
      }
      if round % 5 == 0 { bytes.removeLast(Int(generator.next() % 600)) }
      try Self.put(bytes, folder("bad"))
      let file = try FeatureFile(path: folder("bad"))
      let mean = [Float](repeating: 0.05, count: 87)
      for composition in [
        EmbeddingComposition(views: [0, 1, 2]), EmbeddingComposition(views: [1], classWeight: 0.5, mean: mean),
      ] {
        let rows = try EmbeddingRows(file, composition)
        for row in 0..<file.rowCount {
          faults += file.fault(ofRow: row) == nil ? 0 : 1
          let views = file.views(ofRow: row)
          #expect(views.flatMap(\.classes).allSatisfy { $0.index < 50 && (0...1).contains($0.probability) })
          #expect(rows.row(row).count == rows.dimension && rows.embedding(ofStored: views).count == rows.dimension)
        }
        let found = rows.exactNeighbors(of: rows.row(0), top: 5)
        #expect(Set(found.map(\.row)).count == found.count && found.allSatisfy { $0.row < file.rowCount })
        _ = rows.scores(of: rows.row(1), rows: Array(0..<file.rowCount))
        _ = rows.mean(ofRows: Array(0..<file.rowCount))
        let fit = try EmbeddingFit(
          learningFrom: file, composition, rows: Array(0..<file.rowCount), purpose: .init(centers: true, codes: true))
        #expect((-1...1).contains(fit.unrelated))
      }
    }
    #expect(faults > 50)
  }

  /// Every part of a row that can't be is named.
  @Test func rowsThatCannotBe() throws {
    let folder = try TemporaryFolder()
    let layout = EmbeddingRowsTests.layout
    try FeatureFile.create(path: folder("views"), layout: layout).append(views: EmbeddingRowsTests.rows(2, seed: 3))
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder("views"))))
    let row = 64 + layout.rowBytes
    func fault(_ change: (inout [UInt8]) -> Void) throws -> String? {
      var bytes = good
      change(&bytes)
      try Self.put(bytes, folder("bad"))
      let file = try FeatureFile(path: folder("bad"))
      #expect(file.fault(ofRow: 0) == nil)
      return file.fault(ofRow: 1)
    }
    #expect(try fault { _ in } == nil)
    for value in [.nan, .infinity, 0, -3] as [Float] {
      // A length, the product of a view with itself, and that of two views.
      for offset in [4, 12, 16] {
        #expect(try fault { $0.put(value.bitPattern, at: row + offset) } != nil, "\(value) at \(offset)")
      }
    }
    #expect(try fault { $0.put((0.995 as Float).bitPattern, at: row + 12) } != nil)
    // Class 50 of 50, in ten bits, with a probability.
    #expect(
      try fault { $0.replaceSubrange((row + 36)..<(row + 38), with: [0x81, 0x0C]) } == "a class 50 of 50 in row 1")
    for half in [0x7E00, 0x7C00, 0x7BFF, 0xFC00] as [UInt16] {
      let place = row + layout.vectorsOffset + 2 * 40
      #expect(try fault { $0.replaceSubrange(place..<place + 2, with: [UInt8(half & 255), UInt8(half >> 8)]) } != nil)
    }
    let vector = row + layout.vectorsOffset
    #expect(try fault { $0.replaceSubrange(vector..<vector + 74, with: [UInt8](repeating: 0, count: 74)) } != nil)
  }
}

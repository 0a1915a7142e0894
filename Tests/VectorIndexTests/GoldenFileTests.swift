import Foundation
import Testing

@testable import VectorIndex

/// Files of format version 1 that were committed when it was current: they must open for ever.
///
/// `KINDRED_WRITE_FIXTURES=1` writes them anew, which is right only for a format that nobody has files of.
@Suite struct GoldenFileTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
  static let features = folder.appendingPathComponent("features-1").path
  static let graph = folder.appendingPathComponent("graph-1").path

  /// 20 unit vectors around a circle, and copies of three of them.
  static func vectors() -> [Float] {
    let circle = (0..<20).flatMap { step in
      let angle = Double(step) * .pi / 10
      return [Float(cos(angle)), Float(sin(angle)), 0] as [Float]
    }
    return circle + circle[0..<3] + circle[0..<3] + circle[30..<33]
  }

  static func write() throws {
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = try FeatureFile.filled(features, dimension: 3, vectors())
    let index = try HNSWIndex(features: file, parameters: HNSWParameters(m: 2, efConstruction: 10))
    try index.insert(rows: Array(0..<23), threads: 1)
    for row in [0, 7, 22] { try index.markDeleted(row: row) }
    try index.save(to: graph, generation: 5)
  }

  @Test func versionOneOpens() throws {
    if ProcessInfo.processInfo.environment["KINDRED_WRITE_FIXTURES"] == "1" { try Self.write() }
    let file = try FeatureFile(path: Self.features, expectedDimension: 3)
    #expect(file.rowCount == 23)
    for (a, b) in zip(file.rows(0..<23), Self.vectors()) { #expect(abs(a - b) < 1e-6) }
    #expect(file.checksum(ofRow: 0) == file.checksum(ofRow: 20))

    let index = try HNSWIndex(contentsOf: Self.graph, features: file)
    #expect(index.generation == 5 && index.parameters == HNSWParameters(m: 2, efConstruction: 10))
    #expect(index.rows == Array(0..<23) && index.nodeCount == 20)
    let live = (0..<23).filter { ![0, 7, 22].contains($0) }
    #expect(index.liveRows == live)
    #expect(try index.problems(expectedLive: live).total == 0)
    // Row 0 is deleted, but its copies are not; so is the copy of row 10.
    #expect(try index.neighbors(of: [1, 0, 0], top: 2, ef: 20).map(\.row) == [20, 21])
    #expect(try index.neighbors(of: [-1, 0, 0], top: 1, ef: 20).map(\.row) == [10])
    for row in live {
      let best = file.exactNeighbors(of: file.row(row), top: 1, among: live)
      #expect(try index.neighbors(of: file.row(row), top: 1, ef: 20).map(\.row) == best.map(\.row))
    }
  }
}

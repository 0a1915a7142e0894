import Foundation
import Testing

@testable import VectorIndex

/// Graphs of format version 2 that were committed when it was current: they must open for ever.
///
/// `KINDRED_WRITE_FIXTURES=codes` writes them anew, which is right only for a format that nobody has files of.
@Suite struct GoldenCodeGraphTests {
  static func path(_ kind: CodeKind) -> String {
    GoldenFileTests.folder.appendingPathComponent("graph-2-\(kind.rawValue)").path
  }

  static func write(_ kind: CodeKind) throws {
    let graph = try CodeGraph(
      dimension: 3, kind: kind, parameters: HNSWParameters(m: 2, efConstruction: 10), fit: 12)
    try graph.insert(GoldenFileTests.vectors(), rows: Array(0..<23), threads: 1)
    for row in [0, 7, 22] { try graph.markDeleted(row: row) }
    try graph.save(to: path(kind), generation: 5)
  }

  @Test(arguments: CodeKind.allCases) func versionTwoOpens(kind: CodeKind) throws {
    if ProcessInfo.processInfo.environment["KINDRED_WRITE_FIXTURES"] == "codes" { try Self.write(kind) }
    let graph = try CodeGraph(contentsOf: Self.path(kind))
    #expect(graph.generation == 5 && graph.parameters == HNSWParameters(m: 2, efConstruction: 10))
    #expect(graph.kind == kind && graph.fit == 12 && graph.dimension == 3)
    #expect(graph.rows == Array(0..<23) && graph.nodeCount == 20)
    let live = (0..<23).filter { ![0, 7, 22].contains($0) }
    #expect(graph.liveRows == live)
    #expect(try graph.problems(expectedLive: live).total == 0)
    // Row 0 is deleted, but its copies are not; so is the copy of row 10.
    #expect(try graph.neighbors(of: [1, 0, 0], top: 2, ef: 20).map(\.row) == [20, 21])
    let vectors = GoldenFileTests.vectors()
    for row in 0..<23 {
      let vector = CodeGraphTests.row(row, of: vectors, dimension: 3)
      #expect(try graph.holds(vector, row: row))
      #expect(try graph.neighbors(of: vector, top: 1, ef: 20)[0].score > (row == 7 ? 0.9 : 0.9999))
    }
  }
}

import Foundation
import Testing

@testable import VectorIndex

/// Run these with `--sanitize=thread` after a change of the locks.
@Suite struct HNSWConcurrencyTests {
  /// Searches, deletions, questions and a save while rows are appended and inserted.
  @Test func everythingAtOnce() async throws {
    let folder = try TemporaryFolder()
    let (dimension, count) = (24, 1600)
    let vectors = Vectors.clustered(count: count, dimension: dimension, clusters: 10, spread: 0.6, seed: 77)
    let features = try FeatureFile.filled(folder("features"), dimension: dimension, Array(vectors[..<(400 * 24)]))
    let graph = try HNSWIndex(features: features, parameters: HNSWParameters(m: 8, efConstruction: 60))
    try graph.insert(rows: Array(0..<400), threads: 4)
    let path = folder("graph")

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for first in stride(from: 400, to: count, by: 200) {
          try features.append(Array(vectors[first * dimension..<(first + 200) * dimension]))
          try graph.insert(rows: Array(first..<first + 200), threads: 4)
        }
      }
      group.addTask {
        for row in stride(from: 0, to: 400, by: 2) {
          try graph.markDeleted(row: row)
          await Task.yield()
        }
      }
      for searcher in 0..<2 {
        group.addTask {
          for step in 0..<400 {
            let row = (step * 7 + searcher) % 400 | 1
            // As many candidates as rows: the graph's links depend on which thread was first, and with fewer, a search
            // may miss its row in some of the graphs.
            let found = try graph.neighbors(of: Array(vectors[row * 24..<(row + 1) * 24]), top: 5, ef: count)
            #expect(found.count == 5 && found[0].row == row)
            await Task.yield()
          }
        }
      }
      group.addTask {
        for generation in 1...5 {
          try graph.save(to: path, generation: Int64(generation))
          let loaded = try HNSWIndex(contentsOf: path, features: features)
          #expect(loaded.generation == Int64(generation) && loaded.count >= 400)
          #expect(graph.rows.count >= loaded.count && graph.contains(row: 3))
        }
      }
      try await group.waitForAll()
    }
    #expect(graph.count == count && graph.liveCount == count - 200)
    try graph.connectUnreachable()
    let live = (0..<count).filter { $0 >= 400 || $0 % 2 == 1 }
    #expect(try graph.problems(expectedLive: live).total == 0)
    #expect(try recall(graph, features, queries: Array(vectors[(1500 * 24)...]), top: 10, ef: 100) >= 0.98)
  }

  /// Two insertions at once, of overlapping rows and of copies.
  @Test func insertionsTakeTurns() async throws {
    let folder = try TemporaryFolder()
    let distinct = Vectors.clustered(count: 300, dimension: 24, clusters: 10, spread: 0.6, seed: 78)
    let features = try FeatureFile.filled(folder("features"), dimension: 24, distinct + distinct)
    let graph = try HNSWIndex(features: features)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try graph.insert(rows: Array(0..<400), threads: 3) }
      group.addTask { try graph.insert(rows: Array(200..<600), threads: 3) }
      try await group.waitForAll()
    }
    #expect(graph.rows == Array(0..<600))
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(0..<600)).total == 0)
    for row in stride(from: 0, to: 300, by: 17) {
      #expect(try graph.neighbors(of: features.row(row), top: 2, ef: 600).map(\.row) == [row, row + 300])
    }
  }

  /// Many threads append rows and insert them at once, so that an insertion may look at the file before another one
  /// that is done first.
  @Test func manyWritersOfOneGraph() async throws {
    let folder = try TemporaryFolder()
    let dimension = 16
    let vectors = Vectors.clustered(count: 480, dimension: dimension, clusters: 10, spread: 0.6, seed: 79)
    let features = try FeatureFile.create(path: folder("features"), dimension: dimension)
    let graph = try HNSWIndex(features: features, parameters: HNSWParameters(m: 8, efConstruction: 60))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<6 {
        group.addTask {
          for step in 0..<10 {
            let first = (writer * 80 + step * 8) * dimension
            let row = try features.append(Array(vectors[first..<first + 8 * dimension]))
            try graph.insert(rows: Array(row..<row + 8), threads: 2)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(graph.rows == Array(0..<480))
    try graph.connectUnreachable()
    #expect(try graph.problems(expectedLive: Array(0..<480)).total == 0)
  }
}

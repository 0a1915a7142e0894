import Foundation
import VectorIndex

/// Contents whose embeddings are near each other, found through the graph: at most so many for each content, however
/// many are near, so that all pairs are never looked at.
struct DuplicateCandidates: Sendable {
  struct Pair: Sendable {
    var first: Int32
    var second: Int32
    var score: Float
  }

  private let contents: DuplicateContents
  private let embeddings: EmbeddingRows
  private let scale: ScoreScale
  /// `nil` where comparing all is quick.
  private let graph: SearchGraph?

  /// - Throws: ``KindredError/Code/damagedCollection`` where SQLite names rows that the feature file does not have.
  init(_ collection: Collection, moment: Collection.Moment, contents: DuplicateContents) throws {
    self.contents = contents
    embeddings = try collection.embeddings(at: moment)
    scale = try collection.scoreScale(at: moment)
    // Rows ascend, and SQLite holds none below 0.
    if let last = contents.rows.last { try collection.checkRow(last, at: moment) }
    if contents.count < Collection.exactSearchLimit {
      graph = nil
    } else if let saved = try collection.graph(at: moment), saved.generation == moment.generation {
      graph = saved
    } else {
      // The saved one does not cover this moment; one for this run.
      graph = try SearchGraph(
        of: contents.rows, embeddings, fit: collection.fit(at: moment), number: moment.fit,
        parameters: collection.settings.graph)
    }
  }

  /// Score of two contents.
  func score(_ first: Int, _ second: Int) -> Float {
    if first == second { return 1 }
    let cosine = embeddings.scores(of: embeddings.row(contents.rows[first]), rows: [contents.rows[second]])[0]
    return scale.score(ofCosine: cosine)
  }

  /// The nearest contents of each of a few, without itself, of at least a score.
  private func neighbors(of numbers: ArraySlice<Int>, count: Int, least: Float) throws -> [[(
    number: Int, score: Float
  )]] {
    let found: [[Neighbor]]
    if let graph {
      found = try numbers.map {
        let query = embeddings.row(contents.rows[$0])
        return try graph.neighbors(of: query, top: count + 1, depth: .standard, embeddings: embeddings) ?? []
      }
    } else {
      let queries = embeddings.rows(numbers.map { contents.rows[$0] })
      found = embeddings.exactNeighbors(ofBatch: queries, top: count + 1, among: contents.rows)
    }
    return zip(numbers, found).map { number, neighbors in
      let others = neighbors.compactMap { neighbor -> (number: Int, score: Float)? in
        let score = scale.score(ofCosine: neighbor.score)
        guard score >= least, let other = contents.number(row: neighbor.row), other != number else {
          return nil
        }
        return (other, score)
      }
      return Array(others.prefix(count))
    }
  }

  /// Every content with its nearest, each pair once, nearest pairs first.
  func pairs(least: Float, progress: (Int) throws -> Void) throws -> [Pair] {
    let block = 64
    let width = max(1, ProcessInfo.processInfo.activeProcessorCount)
    var pairs: [Pair] = []
    for start in stride(from: 0, to: contents.count, by: block * width) {
      try progress(start)
      let blocks = stride(from: start, to: min(contents.count, start + block * width), by: block).map {
        Array($0..<min(contents.count, $0 + block))
      }
      let found = NewImageReader.concurrently(blocks) {
        try neighbors(of: $0[...], count: DuplicateThresholds.neighbors, least: least)
      }
      for (numbers, result) in zip(blocks, found) {
        for (number, others) in zip(numbers, try result.get()) {
          for other in others {
            pairs.append(
              Pair(
                first: Int32(min(number, other.number)), second: Int32(max(number, other.number)), score: other.score))
          }
        }
      }
    }
    try progress(contents.count)
    return Self.distinct(pairs)
  }

  /// Nearest contents outside of groups whose members fill the neighbourhood of those that stand for them.
  /// - Parameters:
  ///   - numbers: who stand for groups.
  ///   - group: the group of a content.
  func pairs(
    outOfGroups numbers: [Int], least: Float, group: (Int) -> Int
  ) throws -> [Pair] {
    var pairs: [Pair] = []
    for number in numbers {
      var count = DuplicateThresholds.neighbors
      while true {
        let near = try neighbors(of: [number], count: count, least: least)[0]
        let outside = near.filter { group($0.number) != group(number) }
        if outside.count >= DuplicateThresholds.neighbors / 2 || near.count < count
          || count >= DuplicateThresholds.mostNeighbors
        {
          pairs += outside.map {
            Pair(first: Int32(min(number, $0.number)), second: Int32(max(number, $0.number)), score: $0.score)
          }
          break
        }
        count = min(DuplicateThresholds.mostNeighbors, 3 * count)
      }
    }
    return Self.distinct(pairs)
  }

  /// Each pair once, nearest first, and in the order of numbers where they are equally near.
  private static func distinct(_ pairs: [Pair]) -> [Pair] {
    var pairs = pairs
    pairs.sort { ($0.first, $0.second) < ($1.first, $1.second) }
    var kept: [Pair] = []
    for pair in pairs where kept.last.map({ $0.first != pair.first || $0.second != pair.second }) ?? true {
      kept.append(pair)
    }
    kept.sort { ($1.score, $0.first, $0.second) < ($0.score, $1.first, $1.second) }
    return kept
  }
}

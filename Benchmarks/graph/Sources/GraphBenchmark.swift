import ArgumentParser
import Foundation
import Kindred
import VectorIndex

/// Measures the graph of an image collection on features that are given: how many of the exact nearest are among the
/// candidates, recall and speed by candidates and level, time of building, memory and bytes on disk, and exact search.
/// Searches are one at a time on one thread. `peers.py` measures other libraries on the same rows and queries.
@main struct GraphBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "graph-benchmark")

  @Argument(help: "Pooled features, [rows, dimension], single precision (.npy).") var features: String
  @Option(help: "So many rows, evenly drawn, are queries and not in the graph.") var queries = 1_000
  @Option(name: .customLong("m"), help: "Links a node.") var m = 16
  @Option(help: "Candidates while building.") var efConstruction = 200
  @Option(help: "ef of the table of candidates.") var ef = 400
  @Option(help: "Builds, each of which is measured; with 0 only exact search is.") var builds = 2
  @Flag(help: "Take no mean away from features.") var plain = false
  @Option(help: "Write the results to this file, too.") var json: String?

  private static let top = 10
  /// As a share of the exact ten nearest.
  private static let aim = 0.99
  private static let enough = 0.998
  private static let efs = [
    10, 12, 14, 16, 18, 20, 23, 26, 30, 34, 38, 43, 48, 54, 60, 68, 76, 85, 96, 110, 125, 140, 160, 180, 200, 230, 260,
    300, 350, 400, 480, 560, 640, 800, 1000,
  ]
  private static let rescored = [14, 17, 20, 24, 28, 34, 40, 50, 60, 80, 100]

  struct Level: Encodable {
    var level: Int
    var recall: Double
    var medianMicroseconds: Double
  }

  struct Point: Encodable {
    var ef: Int
    /// Candidates that are compared exactly.
    var rescored: Int
    var recall: Double
    var queriesPerSecond: Double
  }

  struct Build: Encodable {
    var seconds: Double
    /// Between points of the curve; none where it does not come to the aim.
    var queriesPerSecondAtAim: Double?
    var curve: [Point]
  }

  struct Output: Encodable {
    var rows: Int
    var dimension: Int
    var queries: Int
    var codes: String
    var codeDimension: Int
    /// What is learnt of the features before a graph is built: mean and components.
    var fitSeconds: Double
    var buildSeconds: [Double]
    var memoryPerRow: Double
    var graphBytesPerRow: Double
    var queriesPerSecondAtAim: Double?
    /// Share of the exact ten nearest among so many first candidates of the graph.
    var candidates: [String: Double]
    var levels: [Level]
    var builds: [Build]
    var exact: ExactSearchMeasurement
  }

  func run() throws {
    let table = try NPYFile.matrix(contentsOf: features)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("graph-benchmark-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }

    let asked = Set((0..<queries).map { $0 * table.rows / queries })
    let file = try FeatureFile.create(
      path: folder.path + "/features", layout: RowLayout(dimension: table.columns, viewCount: 1))
    func vector(_ row: Int) -> [Float] { Array(table.values[row * table.columns..<(row + 1) * table.columns]) }
    let kept = (0..<table.rows).filter { !asked.contains($0) }
    for start in stride(from: 0, to: kept.count, by: 4_096) {
      try file.append(
        views: kept[start..<min(start + 4_096, kept.count)].map { [ViewFeature(vector: vector($0))] })
    }
    let rows = Array(0..<file.rowCount)
    var composition = EmbeddingComposition()
    let (fit, fitSeconds) = try timed {
      try EmbeddingFit(learningFrom: file, composition, rows: rows, purpose: .init(centers: !plain, codes: true))
    }
    composition.mean = fit.mean
    let embeddings = try EmbeddingRows(file, composition)

    func built() throws -> SearchGraph {
      try SearchGraph(
        of: rows, embeddings, fit: fit, number: 1, parameters: HNSWParameters(m: m, efConstruction: efConstruction))
    }
    let questions = asked.sorted().map { embeddings.embedding(of: [ViewFeature(vector: vector($0))]) }
    // Features as they were given, in single precision, are the judge.
    let judge = try FeatureFile.create(path: folder.path + "/judge", dimension: table.columns)
    for start in stride(from: 0, to: kept.count, by: 4_096) {
      try judge.append(kept[start..<min(start + 4_096, kept.count)].flatMap { normalized(vector($0)) })
    }
    let truth = try EmbeddingRows(judge, composition)
      .exactNeighbors(ofBatch: questions.flatMap(\.self), top: Self.top).map { Set($0.map(\.row)) }

    var output = Output(
      rows: rows.count, dimension: table.columns, queries: questions.count, codes: fit.codes?.rawValue ?? "none",
      codeDimension: fit.projection?.count ?? fit.dimension, fitSeconds: fitSeconds, buildSeconds: [],
      memoryPerRow: 0, graphBytesPerRow: 0, candidates: [:], levels: [], builds: [],
      exact: try ExactSearchMeasurement(embeddings, questions: questions))
    for _ in 0..<max(0, builds) {
      let before = try AllocatedMemory.bytes()
      let (graph, seconds) = try timed(built)
      output.memoryPerRow = Double(try AllocatedMemory.bytes() - before) / Double(rows.count)
      output.buildSeconds.append(seconds)
      let curve = try curve(of: graph, questions, truth, embeddings)
      let speed = try speedAtAim(curve, of: graph, questions, truth, embeddings)
      output.builds.append(Build(seconds: seconds, queriesPerSecondAtAim: speed, curve: curve))
      if output.levels.isEmpty {
        let saved = folder.path + "/graph"
        try graph.base.save(to: saved, generation: 1)
        let bytes = try FileManager.default.attributesOfItem(atPath: saved)[.size] as? Int ?? 0
        output.graphBytesPerRow = Double(bytes) / Double(rows.count)
        try measureLevels(graph, questions, truth, embeddings, &output)
      }
    }
    let speeds = output.builds.compactMap(\.queriesPerSecondAtAim).sorted()
    if !speeds.isEmpty {
      output.queriesPerSecondAtAim = (speeds[(speeds.count - 1) / 2] + speeds[speeds.count / 2]) / 2
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let text = String(decoding: try encoder.encode(output), as: UTF8.self)
    if let json { try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: json)) }
    print(text)
  }

  private func measureLevels(
    _ graph: SearchGraph, _ questions: [[Float]], _ truth: [Set<Int>], _ embeddings: EmbeddingRows,
    _ output: inout Output
  ) throws {
    for count in [10, 20, 30, 40, 50, 80, 160] {
      let found = try questions.map { Set(try graph.candidates(for: $0, count: count, ef: max(ef, count))) }
      output.candidates[String(count)] = recall(found, truth)
    }
    for level in SearchDepth.levels.dropLast() {
      var seconds: [Double] = []
      var found: [Set<Int>] = []
      for question in questions {
        let (neighbors, time) = try timed {
          try graph.neighbors(of: question, top: Self.top, depth: .level(level), embeddings: embeddings) ?? []
        }
        seconds.append(time)
        found.append(Set(neighbors.map(\.row)))
      }
      seconds.sort()
      output.levels.append(
        Level(level: level, recall: recall(found, truth), medianMicroseconds: seconds[seconds.count / 2] * 1e6))
    }
  }

  /// Recall and speed over the grid of candidates.
  private func curve(
    of graph: SearchGraph, _ questions: [[Float]], _ truth: [Set<Int>], _ embeddings: EmbeddingRows
  ) throws -> [Point] {
    var points: [Point] = []
    var best = 0.0
    for rescored in Self.rescored {
      for ef in Self.efs where ef >= rescored {
        points.append(
          try point(ef: ef, rescored: rescored, seconds: 0.03, of: graph, questions, truth, embeddings))
        guard let last = points.last, last.recall < Self.enough else { break }
        // It only becomes slower from here.
        if last.queriesPerSecond < best / 2 { break }
        if last.recall >= Self.aim { best = max(best, last.queriesPerSecond) }
        // More candidates of the graph do not help when too few are compared exactly.
        if points.count > 8, points.suffix(8).allSatisfy({ $0.rescored == rescored }),
          last.recall - points[points.count - 8].recall < 0.0003
        {
          break
        }
      }
    }
    return points
  }

  /// Recall and speed with as many candidates, in the median of turns of `seconds` together.
  private func point(
    ef: Int, rescored: Int, seconds: Double, of graph: SearchGraph, _ questions: [[Float]], _ truth: [Set<Int>],
    _ embeddings: EmbeddingRows
  ) throws -> Point {
    var share = 0.0
    var times: [Double] = []
    while times.count < 3 || times.reduce(0, +) < seconds, times.reduce(0, +) < max(0.5, seconds) {
      let (answers, time) = try timed {
        try questions.map {
          try graph.neighbors(of: $0, top: Self.top, ef: ef, rescored: rescored, embeddings: embeddings)
        }
      }
      share = recall(answers.map { Set($0.map(\.row)) }, truth)
      times.append(time)
      // Far from the aim one look is enough.
      if share < Self.aim - 0.03 { break }
    }
    times.sort()
    return Point(
      ef: ef, rescored: rescored, recall: share, queriesPerSecond: Double(questions.count) / times[times.count / 2])
  }

  /// The most queries a second at the aim, between points of one number that is compared exactly, and those points.
  private func fastestAtAim(_ curve: [Point]) -> (speed: Double, between: [Point])? {
    var best: (speed: Double, between: [Point])?
    for (index, point) in curve.enumerated() where point.recall >= Self.aim {
      var speed = point.queriesPerSecond
      var between = [point]
      if index > 0, curve[index - 1].rescored == point.rescored, curve[index - 1].recall < Self.aim {
        let before = curve[index - 1]
        let share = (Self.aim - before.recall) / (point.recall - before.recall)
        speed = before.queriesPerSecond + share * (speed - before.queriesPerSecond)
        between = [before, point]
      }
      if speed > best?.speed ?? 0 { best = (speed, between) }
    }
    return best
  }

  /// The speed at the aim, timed again: the most of many points is also the luckiest.
  private func speedAtAim(
    _ curve: [Point], of graph: SearchGraph, _ questions: [[Float]], _ truth: [Set<Int>], _ embeddings: EmbeddingRows
  ) throws -> Double? {
    let again = try fastestAtAim(curve)?.between.map {
      try point(ef: $0.ef, rescored: $0.rescored, seconds: 1, of: graph, questions, truth, embeddings)
    }
    return again.flatMap(fastestAtAim)?.speed
  }

  private func normalized(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }

  private func recall(_ found: [Set<Int>], _ truth: [Set<Int>]) -> Double {
    let hits = zip(found, truth).reduce(0) { $0 + $1.0.intersection($1.1).count }
    return Double(hits) / Double(truth.reduce(0) { $0 + $1.count })
  }
}

/// What it gives, and the seconds that it takes.
func timed<T>(_ body: () throws -> T) rethrows -> (T, Double) {
  let start = ContinuousClock.now
  let value = try body()
  return (value, (ContinuousClock.now - start) / .seconds(1))
}

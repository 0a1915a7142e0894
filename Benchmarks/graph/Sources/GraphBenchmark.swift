import ArgumentParser
import Foundation
import Kindred
import VectorIndex

/// Measures the graph of an image collection on features that are given: how many of the exact nearest are among the
/// candidates, recall and time of each level of search, time of building, memory and bytes on disk.
@main struct GraphBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "graph-benchmark")

  @Argument(help: "Pooled features, [rows, dimension], single precision (.npy).") var features: String
  @Option(help: "So many rows, evenly drawn, are queries and not in the graph.") var queries = 1_000
  @Option(name: .customLong("m"), help: "Links a node.") var m = 16
  @Option(help: "Candidates while building.") var efConstruction = 200
  @Option(help: "ef of the table of candidates.") var ef = 400

  private static let top = 10

  struct Level: Encodable {
    var level: Int
    var recall: Double
    var medianMicroseconds: Double
  }

  struct Output: Encodable {
    var rows: Int
    var dimension: Int
    var codes: String
    var codeDimension: Int
    var fitSeconds: Double
    var buildSeconds: [Double]
    var memoryPerRow: Double
    var graphBytesPerRow: Double
    /// Share of the exact ten nearest among so many first candidates of the graph.
    var candidates: [String: Double]
    var levels: [Level]
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
    for start in stride(from: 0, to: table.rows, by: 4_096) {
      let part = (start..<min(table.rows, start + 4_096)).filter { !asked.contains($0) }
      try file.append(views: part.map { [ViewFeature(vector: vector($0))] })
    }
    let rows = Array(0..<file.rowCount)
    var composition = EmbeddingComposition()
    let (fit, fitSeconds) = try timed {
      try EmbeddingFit(learningFrom: file, composition, rows: rows, purpose: .init(centers: true, codes: true))
    }
    composition.mean = fit.mean
    let embeddings = try EmbeddingRows(file, composition)

    func built() throws -> SearchGraph {
      try SearchGraph(
        of: rows, embeddings, fit: fit, number: 1, parameters: HNSWParameters(m: m, efConstruction: efConstruction))
    }
    // The first build is for the memory that is kept for the next.
    let (_, firstSeconds) = try timed(built)
    let before = try AllocatedMemory.bytes()
    let (graph, secondSeconds) = try timed(built)
    let memory = try AllocatedMemory.bytes() - before
    let saved = folder.path + "/graph"
    try graph.base.save(to: saved, generation: 1)
    let bytes = try FileManager.default.attributesOfItem(atPath: saved)[.size] as? Int ?? 0

    let questions = asked.sorted().map { embeddings.embedding(of: [ViewFeature(vector: vector($0))]) }
    let truth = embeddings.exactNeighbors(ofBatch: questions.flatMap(\.self), top: Self.top).map {
      Set($0.map(\.row))
    }
    var output = Output(
      rows: rows.count, dimension: table.columns, codes: fit.codes?.rawValue ?? "none",
      codeDimension: fit.projection?.count ?? fit.dimension, fitSeconds: fitSeconds,
      buildSeconds: [firstSeconds, secondSeconds],
      memoryPerRow: Double(memory) / Double(rows.count), graphBytesPerRow: Double(bytes) / Double(rows.count),
      candidates: [:], levels: [])
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
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    print(String(decoding: try encoder.encode(output), as: UTF8.self))
  }

  private func recall(_ found: [Set<Int>], _ truth: [Set<Int>]) -> Double {
    let hits = zip(found, truth).reduce(0) { $0 + $1.0.intersection($1.1).count }
    return Double(hits) / Double(truth.reduce(0) { $0 + $1.count })
  }

  private func timed<T>(_ body: () throws -> T) rethrows -> (T, Double) {
    let start = ContinuousClock.now
    let value = try body()
    return (value, (ContinuousClock.now - start) / .seconds(1))
  }
}

import Foundation
import VectorIndex

/// How fast a collection is searched on this machine.
public struct SearchMeasurement: Sendable, Equatable {
  public var rows: Int
  public var dimension: Int
  /// Making the graph, on all processors.
  public var buildSeconds: Double
  /// Queries a second of the graph at the usual depth, one at a time on one thread.
  public var graphRate: Double
  /// Share of the exact ten nearest that the graph finds.
  public var recall: Double
  /// Queries a second where every row is compared.
  public var exactRate: Double
}

/// Times searches for the ten nearest in a collection that is made up: features near a few hundred centres, as those of
/// pictures are, the same in every run.
public struct SearchBenchmark {
  private let rows: Int
  private let dimension: Int
  private static let (centers, top, queries) = (256, 10, 200)

  /// - Parameters:
  ///   - rows: how many pictures the collection has.
  ///   - dimension: numbers in a feature.
  public init(rows: Int, dimension: Int) {
    self.rows = rows
    self.dimension = dimension
  }

  public func measure() throws -> SearchMeasurement {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try FeatureFile.create(
      path: folder.path + "/features", layout: RowLayout(dimension: dimension, viewCount: 1))
    var numbers = FixedNumbers()
    let centers = (0..<Self.centers).map { _ in (0..<dimension).map { _ in numbers.next() } }
    func center() -> [Float] { centers[min(Self.centers - 1, Int(abs(numbers.next()) * Float(Self.centers)))] }
    func feature() -> [Float] {
      let (near, other) = (center(), center())
      // Rectified, as features after a ReLU are.
      return zip(near, other).map { max(0, $0 + 0.5 * $1 + 0.7 * numbers.next()) }
    }
    for start in stride(from: 0, to: rows, by: 1_024) {
      try file.append(views: (start..<min(start + 1_024, rows)).map { _ in [ViewFeature(vector: feature())] })
    }
    let all = Array(0..<rows)
    var composition = EmbeddingComposition()
    let fit = try EmbeddingFit(learningFrom: file, composition, rows: all, purpose: .init(centers: true, codes: true))
    composition.mean = fit.mean
    let embeddings = try EmbeddingRows(file, composition)
    let (graph, buildSeconds) = try timed {
      try SearchGraph(of: all, embeddings, fit: fit, number: 1, parameters: HNSWParameters())
    }
    let questions = (0..<Self.queries).map { _ in embeddings.embedding(of: [ViewFeature(vector: feature())]) }
    func search() throws -> [Set<Int>] {
      try questions.map {
        Set(
          try graph.neighbors(of: $0, top: Self.top, depth: .standard, embeddings: embeddings)?.map(\.row) ?? [])
      }
    }
    // The first searches bring rows into memory.
    _ = try search()
    let (found, graphSeconds) = try timed(search)
    let (truth, exactSeconds) = timed {
      questions.map { Set(embeddings.exactNeighbors(of: $0, top: Self.top).map(\.row)) }
    }
    let hits = zip(found, truth).reduce(0) { $0 + $1.0.intersection($1.1).count }
    return SearchMeasurement(
      rows: rows, dimension: dimension, buildSeconds: buildSeconds,
      graphRate: Double(questions.count) / graphSeconds, recall: Double(hits) / Double(questions.count * Self.top),
      exactRate: Double(questions.count) / exactSeconds)
  }

  private func timed<T>(_ body: () throws -> T) rethrows -> (T, Double) {
    let start = ContinuousClock.now
    let value = try body()
    return (value, (ContinuousClock.now - start).seconds)
  }
}

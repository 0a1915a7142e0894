import Foundation
import Testing
import VectorIndex

@testable import Kindred

@Suite struct EvaluationTests {
  /// Unit vectors at angles in the plane: rankings can be read off by hand.
  @Test func metricsByHand() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let features = try FeatureFile.create(path: path, dimension: 2)
    let angles: [(Double, String)] = [(0, "a"), (10, "a"), (14, "b"), (30, "a"), (50, "b"), (90, "c")]
    for (angle, _) in angles {
      _ = try features.append([Float(cos(angle * .pi / 180)), Float(sin(angle * .pi / 180))])
    }
    let metrics = try RetrievalMetrics.measure(
      embeddings: EmbeddingRows(features, EmbeddingComposition()), labels: angles.map(\.1))
    // From 0°: 10 a, 14 b, 30 a. From 10°: 14 b, 0 a, 30 a. From 30°: 14 b, (10 a, 50 b tie: the lower row first), 0 a.
    let averages = [
      (1.0 / 1 + 2.0 / 3) / 2,  // 0°
      (1.0 / 2 + 2.0 / 3) / 2,  // 10°
      1.0 / 4,  // 14° b: 10 a, 0 a, 30 a, 50 b
      (1.0 / 2 + 2.0 / 4) / 2,  // 30°
      1.0 / 2,  // 50° b: 30 a, 14 b
    ]
    #expect(metrics.queryCount == 5)
    #expect(metrics.precisionAt1 == 1.0 / 5)
    #expect(abs(metrics.precisionAt10 - (2 + 2 + 1 + 2 + 1) / 50) < 1e-12)
    let measured = metrics.meanAveragePrecision
    let tied = (averages.reduce(0, +) - averages[3] + (1.0 / 3 + 2.0 / 4) / 2) / 5
    // 10° and 50° are equally far from 30°; rounding decides which comes first.
    #expect(abs(measured - averages.reduce(0, +) / 5) < 1e-9 || abs(measured - tied) < 1e-9)
  }

  @Test func aFolderIsEvaluated() throws {
    let sandbox = try Sandbox()
    for (hue, name) in ["red", "green"].enumerated() {
      for number in 0..<3 { try sandbox.picture("\(name)/\(number).jpg", hue: hue, variant: number) }
    }
    try sandbox.write("red/notes.txt", "words")
    try Data([0xFF, 0xD8, 0xFF, 0xE0]).write(to: URL(fileURLWithPath: sandbox.pictures + "/red/cut.jpg"))
    let result = try Evaluator(model: Sandbox.model()).run(folder: sandbox.pictures)
    #expect(result.count == 6)
    #expect(result.retrieval?.precisionAt1 == 1)
    #expect(result.skipped.map(\.code) == ["truncated"])
    var options = EvaluationOptions()
    options.classifies = true
    #expect(throws: KindredError.self) {
      try Evaluator(model: Sandbox.model(), options: options).run(folder: sandbox.pictures)
    }
    #expect(throws: KindredError.self) { try Evaluator(model: Sandbox.model()).run(folder: sandbox.root + "/none") }
  }

  @Test func classesAreToldFromNames() {
    #expect(ClassTruth.classIndex(of: "/x/n01440764_tench.JPEG") == 0)
    #expect(ClassTruth.classIndex(of: "/x/n01440764/1.jpg") == 0)
    #expect(ClassTruth.classIndex(of: "/x/tench/1.jpg") == 0)
    #expect(ClassTruth.classIndex(of: "/x/great_white_shark/1.jpg") == 2)
    #expect(ClassTruth.classIndex(of: "/x/nothing/1.jpg") == nil)
  }
}

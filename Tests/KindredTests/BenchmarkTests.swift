import Foundation
import Testing

@testable import Kindred

@Suite struct BenchmarkTests {
  @Test func decodersAreMeasuredOnWhatCanBeRead() throws {
    let sandbox = try Sandbox()
    for number in 0..<3 { try sandbox.picture("\(number).jpg", hue: number, variant: number) }
    try sandbox.write("notes.txt", "words")
    try Data([0xFF, 0xD8, 0xFF, 0xE0]).write(to: URL(fileURLWithPath: sandbox.pictures + "/cut.jpg"))
    let benchmark = try DecodingBenchmark(folder: sandbox.pictures, model: Sandbox.model())
    let measured = benchmark.measure(.fast, threads: 2, seconds: 0.05)
    #expect(measured.path == .fast)
    #expect(measured.threads == 2)
    #expect(measured.rate > 0)
    #expect(measured.megapixels > 0)
    try FileManager.default.createDirectory(atPath: sandbox.root + "/none", withIntermediateDirectories: true)
    #expect(throws: KindredError.self) {
      try DecodingBenchmark(folder: sandbox.root + "/none", model: Sandbox.model())
    }
  }

  @Test func searchesAreMeasuredAndFindWhatIsThere() throws {
    let measured = try SearchBenchmark(rows: 1_500, dimension: 48).measure()
    #expect(measured.rows == 1_500)
    #expect(measured.recall > 0.95)
    #expect(measured.graphRate > 0)
    #expect(measured.exactRate > 0)
  }

  @Test func recipesAreMeasuredWithAndWithoutPictures() throws {
    let sandbox = try Sandbox()
    for (hue, name) in ["red", "green"].enumerated() {
      for number in 0..<3 { try sandbox.picture("\(name)/\(number).jpg", hue: hue, variant: number) }
    }
    let benchmark = try RecipeBenchmark(model: Sandbox.model())
    let alone = try benchmark.measure(RecipeChoice(.balanced), folder: nil)
    #expect(alone.views == 2)
    #expect(alone.networkRate > 0)
    #expect(alone.rate == nil)
    let whole = try benchmark.measure(RecipeChoice(.plain), folder: sandbox.pictures)
    #expect(whole.retrieval?.precisionAt1 == 1)
    #expect(whole.rate ?? 0 > 0)
  }
}

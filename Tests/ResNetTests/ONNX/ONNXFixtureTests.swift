import Foundation
import Inference
import Testing

@testable import ResNet

@Suite struct ONNXFixtureTests {
  @Test func allFixturesAreThere() {
    #expect(ONNXFixture.names.count >= 100)
  }

  @Test(arguments: ONNXFixture.names, ExecutorKind.allCases)
  func givesWhatONNXRuntimeGives(name: String, kind: ExecutorKind) throws {
    let fixture = try ONNXFixture(name)
    let graph = try ONNXImporter.graph(contentsOf: fixture.path)
    let executor = try kind.makeExecutor(for: graph, threads: 1)
    let results = try executor.run(fixture.feed)
    try #require(results.count == fixture.outputs.count)
    for (result, expected) in zip(results, fixture.outputs) {
      #expect(result.shape == expected.shape)
      // Half precision has 11 bits; everything else is single precision summed in another order.
      let tolerance: Float = name == "half-precision" ? 4e-3 : 2e-5
      #expect(relativeDifference(result, expected) < tolerance)
    }
  }
}

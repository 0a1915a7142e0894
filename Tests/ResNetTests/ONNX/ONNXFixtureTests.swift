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
    let results = try executor.run(graph.readsChannelsLast ? fixture.feed.channelsFirst : fixture.feed)
    try #require(results.count == fixture.outputs.count)
    for (result, expected) in zip(results, fixture.outputs) {
      #expect(result.shape == expected.shape)
      // Half precision has 11 bits; everything else is single precision summed in another order.
      let tolerance: Float = name == "half-precision" ? 4e-3 : 2e-5
      #expect(ONNXFixture.relativeDifference(result, expected) < tolerance)
    }
  }

  @Test(arguments: ONNXFixture.names.filter { $0.hasPrefix("net-tensorflow") })
  func aNetworkOfTensorFlowLosesItsTranspositions(name: String) throws {
    let graph = try ONNXImporter.graph(contentsOf: ONNXFixture(name).path)
    #expect(graph.inputShape == [nil, 16, 16, 3])
    #expect(graph.transpositions > 0)
    let rewritten = graph.removingTransposes()
    #expect(rewritten.inputShape == [nil, 3, 16, 16])
    #expect(rewritten.transpositions == 0)
  }
}

extension Graph {
  var transpositions: Int {
    nodes.count { if case .transpose = $0.operation { true } else { false } }
  }

  /// Whether the input becomes `[N, C, H, W]` when the graph is optimised.
  fileprivate var readsChannelsLast: Bool {
    nodes.allSatisfy { !$0.inputs.contains(input) || $0.operation == .transpose(permutation: [0, 3, 1, 2]) }
  }
}

extension Tensor {
  /// `[N, H, W, C]` as `[N, C, H, W]`.
  fileprivate var channelsFirst: Tensor {
    let constant = ONNXConstant(shape: shape, floats: values).transposed([0, 3, 1, 2])
    return Tensor(shape: constant.shape, values: constant.floats ?? [])
  }
}

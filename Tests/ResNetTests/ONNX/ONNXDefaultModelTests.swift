import Foundation
import Inference
import Testing

@testable import ResNet

@Suite struct ONNXDefaultModelTests {
  /// The default model's file, if this machine has it.
  static let path: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["KINDRED_TEST_DEFAULT_MODEL"], !path.isEmpty { return path }
    if environment["CI"] != "true" {
      print("The import of the default model is not tested: KINDRED_TEST_DEFAULT_MODEL is unset")
    }
    return nil
  }()

  static var isTested: Bool { path != nil || ProcessInfo.processInfo.environment["CI"] == "true" }

  @Test(.enabled(if: isTested)) func theDefaultModelHas53Convolutions() throws {
    let path = try #require(Self.path, "KINDRED_TEST_DEFAULT_MODEL has to name the default model in CI")
    let graph = try ONNXImporter.graph(contentsOf: path)
    #expect(graph.input == "input:0")
    #expect(graph.inputShape == [nil, 224, 224, 3])
    #expect(graph.outputs == ["outputs"])
    #expect(graph.transpositions == 1)
    let rewritten = graph.removingTransposes()
    #expect(rewritten.inputShape == [nil, 3, 224, 224])
    #expect(rewritten.transpositions == 0)
    #expect(try graph.optimized().transpositions == 0)
    let convolutions = graph.nodes.count { if case .convolution = $0.operation { true } else { false } }
    #expect(convolutions == 53)

    // Both reshapes of the file are one flattening, the addition is the classifier's bias.
    let tail = Array(graph.nodes.suffix(4).map(\.operation))
    try #require(tail.count == 4)
    #expect(tail[0] == Operation.globalAveragePool)
    #expect(tail[1] == Operation.flatten)
    if case .linear(let linear) = tail[2] {
      #expect(linear.weights.shape == [2, 1024])
      #expect(linear.bias?.count == 2)
    } else {
      Issue.record("there is no classifier before the softmax")
    }
    #expect(tail[3] == Operation.softmax)
  }
}

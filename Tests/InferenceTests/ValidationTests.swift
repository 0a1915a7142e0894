import Inference
import Testing

@Suite struct ValidationTests {
  private func expectError(
    _ code: InferenceError.Code, at place: String?, saying part: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("no error", sourceLocation: sourceLocation)
    } catch let error as InferenceError {
      #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
      #expect(error.place == place, "\(error)", sourceLocation: sourceLocation)
      #expect(error.reason.contains(part), "\(error)", sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
    }
  }

  private func node(_ operation: Operation, _ inputs: [String] = ["x"], _ output: String = "y") -> Node {
    Node(name: "layer", operation: operation, inputs: inputs, output: output)
  }

  private func graph(_ nodes: [Node], outputs: [String] = ["y"], inputShape: [Int?] = [nil, 4, nil, nil]) -> Graph {
    Graph(input: "x", inputShape: inputShape, nodes: nodes, outputs: outputs)
  }

  @Test func structure() {
    let cases: [(Graph, String?, String)] = [
      (graph([node(.relu, ["z"])]), "layer", "\"z\""),
      (graph([node(.relu), node(.relu)]), "layer", "exists already"),
      (graph([node(.relu, ["x"], "x")], outputs: ["x"]), "layer", "exists already"),
      (graph([node(.add)]), "layer", "takes 2 inputs"),
      (graph([node(.relu, [])]), "layer", "takes 1 inputs"),
      (graph([node(.relu)], outputs: ["z"]), nil, "\"z\""),
      (graph([node(.relu)], outputs: []), nil, "no outputs"),
      (graph([node(.relu)], inputShape: [nil, 0, nil, nil]), "x", "shape"),
      (graph([Node](repeating: node(.relu), count: 20_000)), nil, "20000 nodes"),
      // What is read must come before.
      (graph([node(.relu, ["a"]), node(.relu, ["x"], "a")]), "layer", "\"a\""),
    ]
    for (graph, place, part) in cases {
      expectError(.invalidGraph, at: place, saying: part) { try graph.validate() }
      expectError(.invalidGraph, at: place, saying: part) { _ = try graph.optimized() }
      for kind in ExecutorKind.allCases {
        expectError(.invalidGraph, at: place, saying: part) { _ = try kind.makeExecutor(for: graph) }
      }
      #expect(graph.removingTransposes() == graph)
    }
  }

  @Test func contradictoryOperations() {
    let weights = Tensor(zeros: [6, 2, 3, 3])
    var wrongCount = weights
    wrongCount.values.removeLast()
    var huge = weights
    huge.shape = [Int.max, Int.max, 3, 3]
    let cases: [(Operation, String)] = [
      (.convolution(Convolution(weights: weights, bias: [1])), "1 biases for 6"),
      (.convolution(Convolution(weights: wrongCount)), "hold 107"),
      (.convolution(Convolution(weights: huge)), "hold 108"),
      (.convolution(Convolution(weights: Tensor(zeros: [6, 2, 3]))), "3 axes instead of 4"),
      (.convolution(Convolution(weights: Tensor(zeros: [0, 2, 3, 3]))), "empty"),
      (.convolution(Convolution(weights: weights, groups: 4)), "4 groups"),
      (.convolution(Convolution(weights: weights, groups: 0)), "0 groups"),
      (.convolution(Convolution(weights: weights, stride: Size2D(0, 1))), "at least 1"),
      (.convolution(Convolution(weights: weights, dilation: Size2D(1, Int.max))), "absurdly large"),
      (.convolution(Convolution(weights: weights, padding: Padding2D(top: -1))), "negative"),
      (.convolution(Convolution(weights: weights, padding: Padding2D(right: Int.max))), "too large"),
      (.maxPool(Pooling(kernel: Size2D(2, 2), stride: Size2D(1, 1), padding: Padding2D(all: 2))), "not smaller"),
      (.averagePool(Pooling(kernel: Size2D(2, 0), stride: Size2D(1, 1))), "at least 1"),
      (.batchNormalization(BatchNormalization(scale: [1], shift: [1], mean: [1, 2], variance: [1])), "[1, 1, 2, 1]"),
      (.batchNormalization(BatchNormalization(scale: [1], shift: [1], mean: [1], variance: [-1])), "not positive"),
      (.batchNormalization(BatchNormalization(scale: [1], shift: [1], mean: [1], variance: [.nan])), "not positive"),
      (.channelAffine(scale: [1], shift: []), "1 scales and 0 shifts"),
      (.linear(Linear(weights: Tensor(zeros: [2, 3]), bias: [1])), "1 biases for 2"),
      (.transpose(permutation: [0, 2, 2, 1]), "every axis once"),
      (.transpose(permutation: [0, -1, 2, 1]), "every axis"),
      (.pad(Padding2D(left: -3), value: 0), "negative"), (.mean(axes: [], keepsAxes: true), "no axes"),
      (.reshape([]), "0 axes"), (.reshape([-1, -1]), "negative axis"), (.reshape([0, -7]), "negative axis"),
      (.subsampleAndPadChannels(stride: 0, channels: 4), "stride 0"),
    ]
    for (operation, part) in cases {
      expectError(.invalidGraph, at: "layer", saying: part) { try graph([node(operation)]).validate() }
    }
  }

  @Test func shapesThatDoNotFit() {
    let image = [1, 4, 5, 5]
    let cases: [(Operation, [Int], String)] = [
      (.convolution(Convolution(weights: Tensor(zeros: [6, 2, 3, 3]))), image, "[6, 2, 3, 3]"),
      (.convolution(Convolution(weights: Tensor(zeros: [6, 4, 7, 3]))), image, "spans 7×3"),
      (.maxPool(Pooling(kernel: Size2D(6, 2), stride: Size2D(1, 1))), image, "6×2 window"),
      (.linear(Linear(weights: Tensor(zeros: [2, 3]))), [1, 4], "[N, 3]"), (.relu, [1, 5, 5, 5], "[any, 4, any, any]"),
      (.relu, [0, 4, 5, 5], "[any, 4, any, any]"), (.relu, [1, 4, 5], "any"),
      (.batchNormalization(BatchNormalization(scale: [1], shift: [1], mean: [1], variance: [1])), image, "1 channels"),
      (.transpose(permutation: [1, 0, 2, 3]), image, "moves the batch axis"),
      (.mean(axes: [0], keepsAxes: true), image, "batch"), (.reshape([-1, 7]), image, "does not fit"),
      (.reshape([-1, 50]), image, "moves the batch axis"), (.reshape([0, 0, 0, 0, 0, -1]), image, "does not fit"),
      (.reshape([Int.max, Int.max, 2]), image, "does not fit"),
      (.subsampleAndPadChannels(stride: 2, channels: 3), image, "to 3 channels"),
      (.pad(Padding2D(all: 1 << 20), value: 0), image, "too large"),
      (.transpose(permutation: [0, 1, 2]), image, "4 axes"), (.mean(axes: [4], keepsAxes: true), image, "4 axes"),
      (.flatten, [1, 4, 1 << 30, 1 << 30], "too large"), (.flatten, [Int.max, 4, 3, 3], "too large"),
    ]
    for (operation, shape, part) in cases {
      let graph = graph([node(operation)], inputShape: [nil] + [4, nil, nil].prefix(operation.isLinear ? 1 : 3))
      do {
        _ = try graph.shapes(forInput: shape)
        Issue.record("\(operation) takes \(shape)")
      } catch {
        #expect(error.code == .shapeMismatch, "\(error)")
        #expect(error.description.contains(part), "\(error)")
      }
    }
    expectError(.shapeMismatch, at: "sum", saying: "[1, 4, 5, 5] and [1, 4, 3, 3]") {
      var builder = GraphBuilder()
      let pooled = builder.add(.maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(1, 1))), "x")
      var graph = builder.graph([nil, 4, nil, nil], outputs: "y")
      graph.nodes.append(Node(name: "sum", operation: .add, inputs: ["x", pooled], output: "y"))
      _ = try graph.shapes(forInput: image)
    }
  }

  @Test func executorsRefuseWhatDoesNotFit() throws {
    let fixed = graph([node(.relu)], inputShape: [2, 1, 3, 3])
    for (name, executor) in try makeExecutors(fixed) {
      for shape in [[2, 1, 3, 4], [3, 1, 3, 3], [2, 3, 3]] {
        #expect(throws: InferenceError.self, "\(name) \(shape)") { try executor.run(Tensor(zeros: shape)) }
      }
      #expect(try executor.run(Tensor(zeros: [6, 1, 3, 3]))[0].shape == [6, 1, 3, 3])
    }
    // One image of this would take far more memory than a machine has.
    var nodes = [node(.pad(Padding2D(all: 8000), value: 1), ["x"], "v0")]
    for index in 1..<40 { nodes.append(node(.relu, ["v0"], "v\(index)")) }
    let greedy = graph(nodes, outputs: nodes.map(\.output), inputShape: [nil, 1, nil, nil])
    for (_, executor) in try makeExecutors(greedy) {
      expectError(.unsupported, at: "x", saying: "GiB") { _ = try executor.run(Tensor(zeros: [1, 1, 2, 2])) }
    }
  }

  @Test func costs() throws {
    var builder = GraphBuilder()
    let convolved = builder.add(
      .convolution(
        Convolution(
          weights: Tensor(zeros: [8, 2, 3, 3]), bias: [Float](repeating: 0, count: 8), stride: Size2D(2, 2),
          padding: Padding2D(all: 1), groups: 2)), "x", name: "c")
    var random = SeededGenerator(seed: 1)
    let normal = builder.add(.batchNormalization(random.normalization(8)), convolved)
    let flat = builder.add(.flatten, builder.add(.globalAveragePool, normal))
    let last = builder.add(.linear(Linear(weights: Tensor(zeros: [10, 8]))), flat, name: "l")
    let graph = builder.graph([nil, 4, nil, nil], outputs: last)
    let costs = try graph.multiplyAdds(forInput: [3, 4, 8, 10])
    #expect(costs.map(\.node) == ["node c", "node l"])
    #expect(costs.map(\.multiplyAdds) == [3 * 8 * 4 * 5 * 2 * 9, 3 * 10 * 8])
    #expect(graph.parameterCount == 8 * 2 * 9 + 8 + 16 + 80)
  }
}

extension Operation {
  fileprivate var isLinear: Bool {
    if case .linear = self { true } else { false }
  }
}

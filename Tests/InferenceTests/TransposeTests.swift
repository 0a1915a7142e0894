import Testing

@testable import Inference

@Suite struct TransposeTests {
  private static let toFirst = Operation.transpose(permutation: [0, 3, 1, 2])
  private static let toLast = Operation.transpose(permutation: [0, 2, 3, 1])

  private func convolution(_ random: inout SeededGenerator, _ inputs: Int, _ outputs: Int) -> Operation {
    .convolution(Convolution(weights: random.tensor([outputs, inputs, 3, 3]), padding: Padding2D(all: 1)))
  }

  /// A residual network as TensorFlow sees it: every value `[N, H, W, C]`, with transposes around what needs
  /// `[N, C, H, W]`.
  private func channelsLastNetwork(_ random: inout SeededGenerator, ending: [Operation]) -> Graph {
    var builder = GraphBuilder()
    func wrapped(_ operation: Operation, _ input: String) -> String {
      builder.add(Self.toLast, builder.add(operation, builder.add(Self.toFirst, input)))
    }
    var value = wrapped(convolution(&random, 3, 8), "x")
    value = wrapped(.batchNormalization(random.normalization(8)), value)
    value = builder.add(.relu, value)
    value = wrapped(.maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2))), value)
    let shortcut = value
    value = wrapped(.pad(Padding2D(top: 1, left: 1), value: 0), value)
    value = wrapped(
      .convolution(Convolution(weights: random.tensor([8, 8, 2, 2]))), value)
    value = builder.add(.relu, builder.add(.add, value, shortcut))
    for operation in ending { value = builder.add(operation, value) }
    return builder.graph([nil, 10, 11, 3], outputs: value)
  }

  private func transposeCount(_ graph: Graph) -> Int { graph.kinds.count { $0 == "transpose" } }

  @Test func channelsLastNetworks() throws {
    var random = SeededGenerator(seed: 51)
    let linear = Operation.linear(Linear(weights: random.tensor([5, 8])))
    let endings: [(String, [Operation], Int)] = [
      ("mean", [.mean(axes: [1, 2], keepsAxes: false), linear, .softmax], 0),
      ("mean, flatten", [.mean(axes: [1, 2], keepsAxes: true), .flatten, linear], 0),
      ("mean, reshape", [.mean(axes: [1, 2], keepsAxes: true), .relu, .reshape([-1, 8]), linear], 0),
      ("mean, softmax over channels", [.mean(axes: [1, 2], keepsAxes: true), .softmax], 1),
      // The order of more than one pixel matters.
      ("flatten", [.flatten], 1), ("reshape", [.reshape([0, -1])], 1), ("as it is", [], 1),
      ("mean over rows only", [.mean(axes: [1], keepsAxes: false)], 1),
    ]
    for (name, ending, left) in endings {
      let graph = channelsLastNetwork(&random, ending: ending)
      let rewritten = graph.removingTransposes()
      #expect(rewritten.inputShape == [nil, 3, 10, 11])
      #expect(transposeCount(rewritten) == left, "\(name): \(rewritten.kinds)")
      try rewritten.validate()
      let input = random.tensor([2, 10, 11, 3])
      let channelsFirst = PlainReference.transpose(input, [0, 3, 1, 2])
      try expectSame(graph, rewritten, input, rewrittenInput: channelsFirst, name)
      let optimized = try graph.optimized()
      try expectSame(graph, optimized, input, rewrittenInput: channelsFirst, "\(name), optimized")
    }
  }

  @Test func optimizedChannelsLastNetworkIsConvolutionsAndPools() throws {
    var random = SeededGenerator(seed: 52)
    let linear = Operation.linear(Linear(weights: random.tensor([5, 8])))
    let graph = channelsLastNetwork(&random, ending: [.mean(axes: [1, 2], keepsAxes: false), linear])
    #expect(
      try graph.optimized().kinds == [
        "convolution", "maxPool", "convolution", "globalAveragePool", "flatten", "linear",
      ])
  }

  @Test func inputStaysWhereOthersReadIt() throws {
    var random = SeededGenerator(seed: 53)
    var builder = GraphBuilder()
    let convolved = builder.add(
      Self.toLast, builder.add(convolution(&random, 3, 3), builder.add(Self.toFirst, "x")))
    let sum = builder.add(.add, convolved, "x")
    let graph = builder.graph([nil, nil, nil, 3], outputs: sum)
    let rewritten = graph.removingTransposes()
    #expect(rewritten.inputShape == [nil, nil, nil, 3])
    try expectSame(graph, rewritten, random.tensor([2, 4, 5, 3]), "input read twice")
  }

  @Test func onePixelMapsKeepTheirOrder() throws {
    var random = SeededGenerator(seed: 54)
    // A pool over all of a fixed size leaves one pixel: known from the fixed size only.
    for (shape, left) in [([nil, 4, 6, 6], 0), ([nil, 4, nil, nil], 1)] as [([Int?], Int)] {
      var builder = GraphBuilder()
      let pooled = builder.add(.averagePool(Pooling(kernel: Size2D(6, 6), stride: Size2D(1, 1))), "x")
      let flat = builder.add(.reshape([-1, 4]), builder.add(Self.toLast, pooled))
      let graph = builder.graph(shape, outputs: flat)
      let rewritten = graph.removingTransposes()
      #expect(transposeCount(rewritten) == left)
      try expectSame(graph, rewritten, random.tensor([2, 4, 6, 6]), "one pixel")
    }
  }

  @Test func pairsOfOtherPermutations() throws {
    var random = SeededGenerator(seed: 55)
    var builder = GraphBuilder()
    let a = builder.add(.transpose(permutation: [0, 2, 1, 3]), "x")
    let b = builder.add(.relu, a)
    let c = builder.add(.transpose(permutation: [0, 3, 2, 1]), b)
    let d = builder.add(.transpose(permutation: [0, 3, 1, 2]), c)
    let e = builder.add(.transpose(permutation: [0, 1, 3, 2]), d)
    let graph = builder.graph([nil, 2, 3, 4], outputs: e, b, a)
    let rewritten = graph.removingTransposes()
    try expectSame(graph, rewritten, random.tensor([2, 2, 3, 4]), "pairs")
  }
}

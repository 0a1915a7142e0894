import Inference
import Testing

/// What a plan that has run often takes for 3 × 3 convolutions on AVX2.
@Suite struct BlockedConvolutionTests {
  /// Sizes around the tiles' and the groups of pixels, strides, threads and what is fused, drawn anew from one seed.
  @Test(arguments: 0..<16) func matchesPlainLoops(number: Int) throws {
    let seed = UInt64(7000 + number)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    func pick(_ choices: [Int]) -> Int { choices.randomElement(using: &random) ?? 1 }
    let (inputs, outputs, stride) = (pick([8, 16, 24, 40]), pick([16, 32, 48]), pick([1, 1, 2]))
    let size = Size2D(pick([1, 2, 3, 4, 5, 7, 8, 9, 13]), pick([1, 2, 3, 4, 5, 6, 7, 11, 14]))
    let images = pick([1, 2, 5, 16])
    let layer = Convolution(
      weights: random.tensor([outputs, inputs, 3, 3]), bias: Bool.random(using: &random) ? random.floats(outputs) : nil,
      stride: Size2D(stride, stride), padding: Padding2D(all: 1), fusesReLU: Bool.random(using: &random))
    let input = random.tensor([images, inputs, size.height, size.width])
    let graph = makeGraph(.convolution(layer), inputShape: input.shape)
    let executor = try OneDNNExecutor(graph: graph, threads: pick([1, 2, 5]))
    try expectAlways(
      executor, input, gives: [PlainReference.convolution(input, layer)],
      "\(layer.weights.shape) on \(input.shape), stride \(stride), seed \(seed)")
  }

  /// Few pixels and many channels, which the direct algorithm sums up in parts and shares by outputs.
  @Test(arguments: [1, 2], [1, 3]) func manyChannels(stride: Int, threads: Int) throws {
    var random = SeededGenerator(seed: 22)
    for inputs in [128, 136, 384] {
      let layer = Convolution(
        weights: random.tensor([80, inputs, 3, 3], in: -0.1...0.1), bias: random.floats(80),
        stride: Size2D(stride, stride), padding: Padding2D(all: 1))
      let input = random.tensor([1, inputs, 5, 7])
      let graph = makeGraph(.convolution(layer), inputShape: input.shape)
      try expectAlways(
        try OneDNNExecutor(graph: graph, threads: threads), input, gives: [PlainReference.convolution(input, layer)],
        "\(inputs) inputs, stride \(stride)")
    }
  }

  /// The shortcut is overwritten where nobody else reads it, and kept where somebody does.
  @Test(arguments: [1, 2], [false, true]) func shortcuts(stride: Int, isReadAgain: Bool) throws {
    var random = SeededGenerator(seed: 21)
    let stride = Size2D(stride, stride)
    let projection = Convolution(weights: random.tensor([32, 16, 1, 1]), stride: stride)
    var layer = Convolution(
      weights: random.tensor([32, 16, 3, 3]), bias: random.floats(32), stride: stride, padding: Padding2D(all: 1),
      fusesAdd: true)
    layer.fusesReLU = isReadAgain
    var builder = GraphBuilder()
    let shortcut = builder.add(.convolution(projection), "x", name: "shortcut")
    let sum = builder.add(.convolution(layer), "x", shortcut, name: "sum")
    let input = random.tensor([8, 16, 15, 18])
    let added = PlainReference.convolution(input, projection)
    let expected = PlainReference.convolution(input, layer, adding: added)
    if isReadAgain {
      let graph = builder.graph([nil, 16, nil, nil], outputs: sum, shortcut)
      try expectAlways(try OneDNNExecutor(graph: graph), input, gives: [expected, added], "read again")
    } else {
      let graph = builder.graph([nil, 16, nil, nil], outputs: sum)
      try expectAlways(try OneDNNExecutor(graph: graph), input, gives: [expected], "overwritten")
    }
  }

  /// Before and after the plan is made anew, which the images run so far decide.
  private func expectAlways(
    _ executor: OneDNNExecutor, _ input: Tensor, gives expected: [Tensor], _ what: String
  ) throws {
    let runs = 80 / input.shape[0] + 2
    for run in 0..<runs {
      let outputs = try executor.run(input)
      guard run == 0 || run == runs - 1 else { continue }
      for (output, expected) in zip(outputs, expected) { expectClose(output, expected, "\(what), run \(run)") }
    }
  }
}

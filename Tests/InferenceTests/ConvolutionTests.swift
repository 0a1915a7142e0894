import Inference
import Testing

@Suite struct ConvolutionTests {
  /// Odd sizes, strides, dilations, groups, uneven padding and batches, drawn anew from one seed.
  @Test(arguments: 0..<40) func matchesPlainLoops(number: Int) throws {
    let seed = UInt64(1000 + number)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    func pick(_ choices: [Int]) -> Int { choices.randomElement(using: &random) ?? 1 }
    let groups = pick([1, 1, 1, 2, 3])
    let inputs = groups * pick([1, 2, 3, 5, 8, 16])
    let outputs = groups * pick([1, 2, 4, 7, 16])
    let kernel = Size2D(pick([1, 1, 2, 3, 3, 5]), pick([1, 1, 3, 3, 4]))
    let dilation = Size2D(pick([1, 1, 1, 2]), pick([1, 1, 1, 3]))
    let layer = Convolution(
      weights: random.tensor([outputs, inputs / groups, kernel.height, kernel.width]),
      bias: Bool.random(using: &random) ? random.floats(outputs) : nil,
      stride: Size2D(pick([1, 1, 2, 3]), pick([1, 2, 3])),
      padding: Padding2D(top: pick([0, 1, 2]), left: pick([0, 1, 3]), bottom: pick([0, 1]), right: pick([0, 1, 2])),
      dilation: dilation, groups: groups, fusesReLU: Bool.random(using: &random))
    let height = (kernel.height - 1) * dilation.height + pick([1, 2, 5, 8])
    let width = (kernel.width - 1) * dilation.width + pick([1, 3, 4, 9])
    let input = random.tensor([pick([1, 3]), inputs, height, width])
    try expectOperation(
      .convolution(layer), input, gives: PlainReference.convolution(input, layer),
      "\(layer.weights.shape) on \(input.shape), groups \(groups), seed \(seed)")
  }

  @Test func depthwise() throws {
    var random = SeededGenerator(seed: 3)
    let layer = Convolution(weights: random.tensor([17, 1, 3, 3]), padding: Padding2D(all: 1), groups: 17)
    let input = random.tensor([2, 17, 6, 5])
    try expectOperation(.convolution(layer), input, gives: PlainReference.convolution(input, layer), "depthwise")
  }

  /// The addend is the graph's input, a value that is read again, one that is not, or the convolution's own input.
  @Test(arguments: [false, true]) func addsAndClamps(clamps: Bool) throws {
    var random = SeededGenerator(seed: 4)
    let channels = 16
    let first = Convolution(weights: random.tensor([channels, channels, 1, 1]))
    let second = Convolution(
      weights: random.tensor([channels, channels, 3, 3]), bias: random.floats(channels), padding: Padding2D(all: 1),
      fusesAdd: true, fusesReLU: clamps)
    let input = random.tensor([2, channels, 5, 7])
    let middle = PlainReference.convolution(input, first)

    for (addend, alsoReturnsAddend) in [("x", false), ("a", false), ("a", true), ("b", false), ("b", true)] {
      var builder = GraphBuilder()
      let a = builder.add(.convolution(first), "x", name: "a")
      let b = builder.add(.relu, a, name: "b")
      let sum = builder.add(.convolution(second), b, addend, name: "sum")
      let graph =
        alsoReturnsAddend
        ? builder.graph([nil, channels, 5, 7], outputs: sum, addend)
        : builder.graph([nil, channels, 5, 7], outputs: sum)
      let clamped = Tensor(shape: middle.shape, values: middle.values.map { max($0, 0) })
      let addends = ["x": input, "a": middle, "b": clamped]
      let expected = PlainReference.convolution(clamped, second, adding: addends[addend])
      for (name, executor) in try makeExecutors(graph) {
        let outputs = try executor.run(input)
        expectClose(outputs[0], expected, "adding \(addend), \(name)")
        if alsoReturnsAddend, let value = addends[addend] {
          expectClose(outputs[1], value, "\(addend) itself, \(name)")
        }
      }
    }
  }

  @Test func longRowsAreLaidOutInPieces() throws {
    // One row of windows is more than is laid out at once: 9 · 64 numbers for each of 2,000 positions.
    var random = SeededGenerator(seed: 7)
    for stride in [1, 2] {
      let layer = Convolution(
        weights: random.tensor([2, 64, 3, 3]), stride: Size2D(stride, stride), padding: Padding2D(all: 1))
      let input = random.tensor([1, 64, 2, 2000 * stride])
      let graph = makeGraph(.convolution(layer), inputShape: input.shape)
      let outputs = try makeExecutors(graph).map { try $0.executor.run(input)[0] }
      expectClose(outputs[0], outputs[1], "oneDNN against OpenBLAS, stride \(stride)")
    }
  }

  @Test func largeImageIsLaidOutInPieces() throws {
    // 9 · 32 rows of columns for 100 · 90 positions is more than the OpenBLAS executor lays out at once.
    var random = SeededGenerator(seed: 5)
    let layer = Convolution(weights: random.tensor([2, 32, 3, 3]), padding: Padding2D(all: 1))
    let input = random.tensor([1, 32, 100, 90])
    let graph = makeGraph(.convolution(layer), inputShape: input.shape)
    let outputs = try makeExecutors(graph).map { try $0.executor.run(input)[0] }
    expectClose(outputs[0], outputs[1], "oneDNN against OpenBLAS")
    // The first and the last rows against plain loops.
    var part = Image4D([1, 32, 3, 90])
    let image = Image4D(input)
    part.fill { _, c, h, w in image[0, c, 97 + h, w] }
    let expected = Image4D(PlainReference.convolution(part.tensor, layer))
    let actual = Image4D(outputs[1])
    for column in 0..<90 {
      #expect(abs(actual[0, 1, 99, column] - expected[0, 1, 2, column]) < 1e-4)
      #expect(abs(actual[0, 0, 98, column] - expected[0, 0, 1, column]) < 1e-4)
    }
  }

  /// Sizes for which oneDNN takes Winograd's algorithm on AVX-512 once a batch was run often, with borders that are no
  /// multiple of its tiles.
  @Test(arguments: [Size2D(28, 28), Size2D(27, 30)]) func batchesOfManyChannels(size: Size2D) throws {
    var random = SeededGenerator(seed: 6)
    let weights = random.tensor([64, 64, 3, 3], in: -0.05...0.05)
    let plain = Convolution(weights: weights, bias: random.floats(64), padding: Padding2D(all: 1))
    var fused = plain
    fused.fusesAdd = true
    fused.fusesReLU = true
    var builder = GraphBuilder()
    let first = builder.add(.convolution(plain), "x")
    let second = builder.add(.convolution(fused), first, "x")
    let third = builder.add(.convolution(fused), second, first)
    let graph = builder.graph([nil, 64, nil, nil], outputs: first, second, third)
    let input = random.tensor([16, 64, size.height, size.width])
    let executor = try OneDNNExecutor(graph: graph)
    let expectedOutputs = try OpenBLASExecutor(graph: graph).run(input)
    var outputs: [Tensor] = []
    for run in 0..<10 {
      outputs = try executor.run(input)
      // Before and after: comparing takes longer than running.
      guard run == 0 || run == 9 else { continue }
      for (left, right) in zip(outputs, expectedOutputs) {
        expectClose(left, right, tolerance: 1e-4, "run \(run)")
      }
    }
    // Some numbers of the last image against plain loops.
    let (image, result) = (Image4D(input), Image4D(outputs[0]))
    var part = Image4D([1, 64, size.height, size.width])
    part.fill { _, c, h, w in image[15, c, h, w] }
    let one = Convolution(
      weights: Tensor(shape: [1, 64, 3, 3], values: Array(weights.values[63 * 576..<64 * 576])),
      bias: [plain.bias?[63] ?? 0],
      padding: Padding2D(all: 1))
    let expected = Image4D(PlainReference.convolution(part.tensor, one))
    for row in 0..<size.height {
      for column in 0..<size.width {
        #expect(abs(result[15, 63, row, column] - expected[0, 0, row, column]) < 1e-4)
      }
    }
  }
}

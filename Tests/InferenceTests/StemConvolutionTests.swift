import Testing

@testable import Inference

/// What the first convolution is computed with where the layers behind it take integers.
@Suite(.enabled(if: IntegerConvolution.suitsProcessor)) struct StemConvolutionTests {
  private func run(
    _ layer: Convolution, _ input: Tensor, limit: Float, step: Float, threads: Int
  ) throws -> (output: [UInt8], shape: [Int]) {
    let graph = makeGraph(.convolution(layer), inputShape: input.shape)
    let shape = try #require(try graph.shapes(forInput: input.shape)["y"])
    let stem = try #require(
      StemConvolution(layer, source: input.shape, sourceLimit: limit, target: shape, threads: threads))
    let prepared = stem.prepare(layer.weights)
    let count = shape.reduce(1, *)
    let output = try AlignedBuffer(byteCount: count)
    let scratch = try AlignedBuffer(byteCount: stem.scratchByteCount)
    var arrays = ConvolutionArrays(
      source: try makeBuffer(input.values), weights: try makeBuffer(prepared.weights), target: output)
    arrays.scales = try makeBuffer(prepared.sumSteps.map { $0 / step })
    arrays.bias = try layer.bias.map { try makeBuffer(zip($0, prepared.sumSteps).map { $0 / $1 }) }
    stem.run(arrays.map { $0.address }, scratch: scratch.address)
    return withExtendedLifetime(arrays) {
      (Array(UnsafeRawBufferPointer(start: output.address, count: count)), shape)
    }
  }

  /// Sizes around the rows of an item and the groups of pixels, paddings, channels and threads, drawn anew from one seed.
  @Test(arguments: 0..<12) func matchesPlainLoops(number: Int) throws {
    let seed = UInt64(8000 + number)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    func pick(_ choices: [Int]) -> Int { choices.randomElement(using: &random) ?? 1 }
    let (inputs, outputs) = (pick([1, 3, 4]), pick([16, 32]))
    let size = Size2D(pick([7, 8, 16, 21, 34]), pick([9, 12, 13, 29, 40]))
    let padding = Padding2D(
      top: pick([0, 2, 3]), left: pick([0, 2, 3]), bottom: pick([0, 3]), right: pick([0, 3, 5]))
    var layer = Convolution(
      weights: random.tensor([outputs, inputs, 7, 7]), bias: Bool.random(using: &random) ? random.floats(outputs) : nil,
      stride: Size2D(2, 2), padding: padding)
    let input = random.tensor([pick([1, 3]), inputs, size.height, size.width])
    let step: Float = 0.25
    let expected = PlainReference.convolution(input, layer)
    layer.fusesReLU = true
    let (output, shape) = try run(layer, input, limit: 0.6, step: step, threads: pick([1, 2, 5]))
    var worst: Float = 0
    let (channels, area) = (shape[1], shape[2] * shape[3])
    for (index, value) in expected.values.enumerated() {
      let (image, channel, pixel) = (index / (channels * area), index / area % channels, index % area)
      let exact = min(max(value / step, 0), 255)
      worst = max(worst, abs(exact - Float(output[(image * area + pixel) * channels + channel])))
    }
    // Half a step of the result, and what the roundings of pictures and weights come to: weights without a structure have
    // the largest sums, and so the coarsest steps.
    #expect(worst < 0.58, "\(layer.weights.shape) on \(input.shape), seed \(seed)")
  }

  /// What is too large is clipped, and what is no number gives some number.
  @Test func oddNumbers() throws {
    var weights = Tensor(zeros: [16, 1, 7, 7])
    // Channel 0 has no weights at all, channel 1 is the pixel in the middle, channel 2 is no number.
    weights.values[49 + 24] = 1
    weights.values[98 + 24] = .nan
    let layer = Convolution(weights: weights, stride: Size2D(2, 2), padding: Padding2D(all: 3), fusesReLU: true)
    let large: [Float] = [1, 1.9, 400, -400, .infinity, -.infinity, .nan, 0]
    var input = Tensor(zeros: [1, 1, 1, 16])
    for (index, value) in large.enumerated() { input.values[index * 2] = value }
    let (output, _) = try run(layer, input, limit: 1, step: 0.02, threads: 1)
    let middle = (0..<8).map { output[$0 * 16 + 1] }
    // Twice the limit is clipped.
    #expect(middle.prefix(6) == [50, 95, 100, 0, 100, 0])
    #expect(middle[7] == 0)
    #expect((0..<8).allSatisfy { output[$0 * 16] == 0 })
  }

  @Test func otherConvolutionsAreLeftToOneDNN() {
    func suits(_ layer: Convolution, inputs: Int = 3) -> Bool {
      StemConvolution(
        layer, source: [1, inputs, 32, 32], sourceLimit: 1, target: [1, layer.weights.shape[0], 16, 16], threads: 1)
        != nil
    }
    let layer = Convolution(
      weights: Tensor(zeros: [32, 3, 7, 7]), stride: Size2D(2, 2), padding: Padding2D(all: 3), fusesReLU: true)
    #expect(suits(layer))
    var other = layer
    other.fusesReLU = false
    #expect(!suits(other))
    other = layer
    other.stride = Size2D(1, 1)
    #expect(!suits(other))
    other = layer
    other.weights = Tensor(zeros: [24, 3, 7, 7])
    #expect(!suits(other))
    other.weights = Tensor(zeros: [32, 3, 3, 3])
    #expect(!suits(other))
    other.weights = Tensor(zeros: [32, 8, 7, 7])
    #expect(!suits(other, inputs: 8))
  }

  /// A network whose first layer is pooled and read as integers comes as near as it does without.
  @Test func networkComesNear() throws {
    var random = SeededGenerator(seed: 81)
    func layer(_ outputs: Int, _ inputs: Int, _ size: Int, stride: Int, _ range: ClosedRange<Float>) -> Operation {
      .convolution(
        Convolution(
          weights: random.tensor([outputs, inputs, size, size], in: range), bias: random.floats(outputs),
          stride: Size2D(stride, stride), padding: Padding2D(all: size / 2)))
    }
    var builder = GraphBuilder()
    let stem = builder.add(.relu, builder.add(layer(32, 3, 7, stride: 2, -0.2...0.2), "x"))
    let pooled = builder.add(
      .maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: 1))), stem)
    let inner = builder.add(.relu, builder.add(layer(32, 32, 3, stride: 1, -0.1...0.1), pooled))
    let sum = builder.add(.relu, builder.add(.add, builder.add(layer(32, 32, 3, stride: 1, -0.1...0.1), inner), pooled))
    let features = builder.add(.globalAveragePool, sum)
    let graph = try builder.graph([nil, 3, nil, nil], outputs: features).optimized()
    let input = random.tensor([4, 3, 45, 64])
    let observer = try ActivationObserver(graph: graph)
    try observer.observe(input)
    let expected = try OneDNNExecutor(graph: graph).run(input)[0]
    let executor = try OneDNNExecutor(graph: graph, arithmetic: .integer(observer.statistics))
    expectClose(try executor.run(input)[0], expected, tolerance: 0.01, "features")
  }
}

import Inference
import Testing

@Suite struct LayoutTests {
  @Test(arguments: [
    ([2, 3, 4, 5], [0, 2, 3, 1]), ([1, 4, 2, 3], [0, 3, 1, 2]), ([3, 5], [0, 1]), ([2, 3, 4], [0, 2, 1]),
    ([2, 2, 3, 2, 3], [0, 4, 1, 3, 2]),
  ]) func transpose(shape: [Int], permutation: [Int]) throws {
    var random = SeededGenerator(seed: 21)
    let input = random.tensor(shape)
    try expectOperation(
      .transpose(permutation: permutation), input, gives: PlainReference.transpose(input, permutation), "\(permutation)"
    )
  }

  @Test(arguments: [Float(0), -1.5, -Float.infinity]) func pad(value: Float) throws {
    var random = SeededGenerator(seed: 22)
    let padding = Padding2D(top: 1, left: 2, bottom: 0, right: 3)
    let image = Image4D(random.tensor([2, 3, 4, 5]))
    var expected = Image4D([2, 3, 5, 10])
    expected.fill { n, c, h, w in image.at(n, c, h - 1, w - 2) ?? value }
    // Infinite numbers can't be compared by their difference.
    for (name, executor) in try makeExecutors(makeGraph(.pad(padding, value: value), inputShape: image.shape)) {
      #expect(try executor.run(image.tensor) == [expected.tensor], "\(name)")
    }
  }

  @Test(arguments: [(1, 5), (2, 3), (2, 8), (3, 4)]) func subsample(stride: Int, channels: Int) throws {
    var random = SeededGenerator(seed: 23)
    let image = Image4D(random.tensor([2, 3, 7, 6]))
    var expected = Image4D([2, channels, (7 + stride - 1) / stride, (6 + stride - 1) / stride])
    expected.fill { n, c, h, w in c < 3 ? image[n, c, h * stride, w * stride] : 0 }
    try expectOperation(
      .subsampleAndPadChannels(stride: stride, channels: channels), image.tensor, gives: expected.tensor,
      "stride \(stride), \(channels) channels")
  }

  @Test(arguments: [[2, 3], [1], [1, 2], [-1], [-2, 3], [1, 2, 3]], [true, false])
  func mean(axes: [Int], keepsAxes: Bool) throws {
    var random = SeededGenerator(seed: 24)
    let input = random.tensor([2, 3, 4, 5])
    let positive = axes.map { $0 < 0 ? $0 + 4 : $0 }
    try expectOperation(
      .mean(axes: axes, keepsAxes: keepsAxes), input,
      gives: PlainReference.mean(input, axes: positive, keepsAxes: keepsAxes), "\(axes)")
  }

  @Test func flattenAndReshape() throws {
    var random = SeededGenerator(seed: 25)
    let input = random.tensor([3, 4, 2, 3])
    try expectOperation(.flatten, input, gives: Tensor(shape: [3, 24], values: input.values), "flatten")
    for (shape, result) in [([-1, 24], [3, 24]), ([0, 0, 6], [3, 4, 6]), ([0, 2, -1, 3], [3, 2, 4, 3])] {
      try expectOperation(.reshape(shape), input, gives: Tensor(shape: result, values: input.values), "\(shape)")
    }
  }

  /// A blocked layout must be undone before numbers are taken for row-major.
  @Test func flattenAfterConvolution() throws {
    var random = SeededGenerator(seed: 26)
    let layer = Convolution(weights: random.tensor([18, 16, 1, 1]))
    let linear = Linear(weights: random.tensor([4, 18 * 6]))
    var builder = GraphBuilder()
    let convolved = builder.add(.convolution(layer), "x")
    let flat = builder.add(.flatten, convolved)
    let clamped = builder.add(.relu, flat)
    let graph = { () -> Graph in
      let last = builder.add(.linear(linear), clamped)
      return builder.graph([nil, 16, 2, 3], outputs: last, flat, convolved)
    }()
    let input = random.tensor([2, 16, 2, 3])
    let middle = PlainReference.convolution(input, layer)
    let expectedFlat = Tensor(shape: [2, 108], values: middle.values)
    let positive = Tensor(shape: [2, 108], values: middle.values.map { max($0, 0) })
    for (name, executor) in try makeExecutors(graph) {
      let outputs = try executor.run(input)
      expectClose(outputs[0], PlainReference.linear(positive, linear), "linear, \(name)")
      expectClose(outputs[1], expectedFlat, "flat, \(name)")
      expectClose(outputs[2], middle, "convolved, \(name)")
    }
  }
}

import Inference
import Testing

@Suite struct PointwiseTests {
  private static let shapes = [[1, 3, 5, 7], [3, 16, 4, 4], [2, 9], [2, 5, 3]]

  @Test(arguments: shapes) func relu(shape: [Int]) throws {
    var random = SeededGenerator(seed: 11)
    let input = random.tensor(shape)
    try expectOperation(
      .relu, input, gives: Tensor(shape: shape, values: input.values.map { max($0, 0) }), "\(shape)")
  }

  @Test(arguments: shapes) func scalesAndNormalizes(shape: [Int]) throws {
    var random = SeededGenerator(seed: 12)
    let input = random.tensor(shape)
    let (scale, shift) = (random.floats(shape[1]), random.floats(shape[1]))
    try expectOperation(
      .channelAffine(scale: scale, shift: shift), input,
      gives: PlainReference.affine(input, scale: scale, shift: shift), "affine \(shape)")
    let layer = random.normalization(shape[1])
    try expectOperation(
      .batchNormalization(layer), input, gives: PlainReference.normalization(input, layer), "normalization \(shape)")
  }

  @Test(arguments: shapes) func softmax(shape: [Int]) throws {
    var random = SeededGenerator(seed: 13)
    let input = random.tensor(shape, in: -20...20)
    try expectOperation(.softmax, input, gives: PlainReference.softmax(input), "\(shape)")
  }

  @Test(arguments: [1, 3]) func linear(batch: Int) throws {
    var random = SeededGenerator(seed: 14)
    for (inputs, outputs) in [(1, 1), (7, 5), (64, 33)] {
      for bias in [nil, random.floats(outputs)] {
        let layer = Linear(weights: random.tensor([outputs, inputs]), bias: bias)
        let input = random.tensor([batch, inputs])
        try expectOperation(
          .linear(layer), input, gives: PlainReference.linear(input, layer), "\(inputs) to \(outputs)")
      }
    }
  }

  /// Both operands are in layouts of oneDNN's choice, or one of them is.
  @Test func add() throws {
    var random = SeededGenerator(seed: 15)
    let layer = Convolution(weights: random.tensor([16, 16, 1, 1]))
    let input = random.tensor([2, 16, 3, 5])
    var builder = GraphBuilder()
    let a = builder.add(.convolution(layer), "x")
    let b = builder.add(.relu, a)
    let graph = { () -> Graph in
      let both = builder.add(.add, a, b)
      let mixed = builder.add(.add, "x", both)
      let twice = builder.add(.add, mixed, mixed)
      return builder.graph([nil, 16, nil, nil], outputs: both, mixed, twice)
    }()
    let middle = PlainReference.convolution(input, layer).values
    let sums = middle.map { $0 + max($0, 0) }
    let mixed = zip(sums, input.values).map { $0 + $1 }
    for (name, executor) in try makeExecutors(graph) {
      let outputs = try executor.run(input)
      for (output, expected) in zip(outputs, [sums, mixed, mixed.map { $0 * 2 }]) {
        expectClose(output, Tensor(shape: input.shape, values: expected), name)
      }
    }
  }
}

import Inference
import Testing

@Suite struct PoolingTests {
  /// By the definition, one window after the other: how many start inside the image or its leading padding.
  private func outputSize(_ size: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int, _ roundsUp: Bool)
    -> Int
  {
    var count = 0
    while true {
      let start = count * stride
      let fits = start + kernel <= size + before + after
      let hangsOver = roundsUp && start < size + before && start - stride + kernel < size + before + after
      guard fits || (hangsOver && count > 0) || (roundsUp && count == 0) else { return count }
      count += 1
    }
  }

  @Test(arguments: 0..<40) func matchesPlainLoops(number: Int) throws {
    let seed = UInt64(2000 + number)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    func pick(_ choices: [Int]) -> Int { choices.randomElement(using: &random) ?? 1 }
    let kernel = Size2D(pick([1, 2, 3, 4]), pick([2, 3, 5]))
    let padding = Padding2D(
      top: pick([0, 1]) % kernel.height, left: pick([0, 1, 2]) % kernel.width, bottom: pick([0, 1]) % kernel.height,
      right: pick([0, 1, 3]) % kernel.width)
    let pooling = Pooling(
      kernel: kernel, stride: Size2D(pick([1, 2, 3]), pick([1, 2, 3])), padding: padding,
      roundsUp: Bool.random(using: &random), countsPadding: Bool.random(using: &random))
    let input = random.tensor([pick([1, 3]), pick([1, 3, 16, 20]), pick([4, 7, 10]), pick([5, 8, 11])])
    let size = Size2D(
      outputSize(input.shape[2], kernel.height, pooling.stride.height, padding.top, padding.bottom, pooling.roundsUp),
      outputSize(input.shape[3], kernel.width, pooling.stride.width, padding.left, padding.right, pooling.roundsUp))
    try expectOperation(
      .maxPool(pooling), input,
      gives: PlainReference.pool(input, pooling, outputSize: size, isMaximum: true), "\(pooling), seed \(seed)")
    try expectOperation(
      .averagePool(pooling), input,
      gives: PlainReference.pool(input, pooling, outputSize: size, isMaximum: false), "\(pooling), seed \(seed)")
  }

  @Test func blockedInput() throws {
    // After a convolution, values lie in a layout of oneDNN's choice.
    var random = SeededGenerator(seed: 8)
    let layer = Convolution(weights: random.tensor([19, 16, 1, 1]))
    let pooling = Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: 1), roundsUp: true)
    var builder = GraphBuilder()
    let convolved = builder.add(.convolution(layer), "x")
    let largest = builder.add(.maxPool(pooling), convolved)
    let mean = builder.add(.globalAveragePool, convolved)
    let counted = builder.add(
      .averagePool(Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), roundsUp: true, countsPadding: true)), convolved)
    let graph = builder.graph([nil, 16, nil, nil], outputs: largest, mean, counted)
    let input = random.tensor([2, 16, 8, 9])
    let middle = PlainReference.convolution(input, layer)
    for (name, executor) in try makeExecutors(graph) {
      let outputs = try executor.run(input)
      expectClose(
        outputs[0], PlainReference.pool(middle, pooling, outputSize: Size2D(5, 5), isMaximum: true), "largest, \(name)")
      expectClose(outputs[1], PlainReference.mean(middle, axes: [2, 3], keepsAxes: true), "mean, \(name)")
      let plain = Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), countsPadding: true)
      expectClose(
        outputs[2], PlainReference.pool(middle, plain, outputSize: Size2D(4, 4), isMaximum: false), "counted, \(name)")
    }
  }

  @Test func globalAverage() throws {
    var random = SeededGenerator(seed: 9)
    for shape in [[1, 3, 7, 7], [3, 17, 1, 1], [2, 16, 5, 3]] {
      let input = random.tensor(shape)
      try expectOperation(
        .globalAveragePool, input, gives: PlainReference.mean(input, axes: [2, 3], keepsAxes: true), "\(shape)")
    }
  }
}

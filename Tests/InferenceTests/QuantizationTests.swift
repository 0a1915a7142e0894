import Foundation
import Testing

@testable import Inference

@Suite(.serialized) struct QuantizationTests {
  /// One convolution on numbers that are whole steps already, so that integers must give the exact result.
  private func expectExact(
    source: [Float], sourceLimit: Float, weights: [Float], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (channels, outputs) = (16, 16)
    var kernel = Tensor(zeros: [outputs, channels, 1, 1])
    for index in kernel.values.indices { kernel.values[index] = weights[index % weights.count] }
    let layers = [
      Node(
        name: "first", operation: .relu, inputs: ["x"], output: "a"),
      Node(
        name: "second",
        operation: .convolution(Convolution(weights: kernel, bias: [Float](repeating: 3, count: outputs))),
        inputs: ["a"], output: "y"),
    ]
    let graph = Graph(input: "x", inputShape: [nil, channels, nil, nil], nodes: layers, outputs: ["y"])
    var input = Tensor(zeros: [2, channels, 5, 7])
    for index in input.values.indices { input.values[index] = source[index % source.count] }
    let expected = try OneDNNExecutor(graph: graph).run(input)
    let statistics = ActivationStatistics(limits: ["a": sourceLimit])
    let actual = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics)).run(input)
    expectClose(actual[0], expected[0], tolerance: 1e-6, what, sourceLocation: sourceLocation)
  }

  @Test func wholeStepsAreExact() throws {
    try expectExact(source: [255, 254, 3, 0, 17], sourceLimit: 255, weights: [127, -127, 5, -1], "far apart")
    // Two products of the largest integers that add up, which would overflow sixteen bits with weights of 127. Without
    // VNNI a step stands for more, so that the weights' sum fits.
    let step: Float = Processor.hasIntegerDotProducts ? 1 : 2
    try expectExact(source: [255], sourceLimit: 255, weights: [63 * step, 64 * step], "all the largest")
    try expectExact(source: [255], sourceLimit: 255, weights: [-63 * step, -64 * step], "all the least")
    try expectExact(source: [0], sourceLimit: 1, weights: [1, 0], "nothing")
  }

  private func statistics(of graph: Graph, on inputs: [Tensor]) throws -> ActivationStatistics {
    let observer = try ActivationObserver(graph: graph)
    for input in inputs { try observer.observe(input) }
    return observer.statistics
  }

  private func cosine(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Float {
    var (product, first, second) = (Float(0), Float(0), Float(0))
    for (x, y) in zip(left, right) {
      product += x * y
      first += x * x
      second += y * y
    }
    return product / (first * second).squareRoot()
  }

  @Test func networkComesNear() throws {
    var random = SeededGenerator(seed: 71)
    let graph = makeBottleneckNetwork(&random, widths: [16, 24], blocks: [2, 3], stem: 32)
    let optimized = try graph.optimized()
    let statistics = try statistics(of: optimized, on: (0..<4).map { _ in random.tensor([2, 3, 40, 40]) })
    let input = random.tensor([3, 3, 40, 40])
    let expected = try OneDNNExecutor(graph: optimized).run(input)
    let actual = try OneDNNExecutor(graph: optimized, arithmetic: .integer(statistics)).run(input)
    for image in 0..<3 {
      let size = expected[0].values.count / 3
      let part = image * size..<(image + 1) * size
      #expect(cosine(actual[0].values[part], expected[0].values[part]) > 0.998)
    }
    // They are not the same numbers: integers did run.
    #expect(actual[0] != expected[0])
    #expect(actual.map(\.shape) == expected.map(\.shape))
  }

  /// A graph that has only integers of the weights that run as such gives the same numbers, also once it was stored.
  @Test func integersAreEnough() throws {
    var random = SeededGenerator(seed: 73)
    let graph = try makeBottleneckNetwork(&random, widths: [16, 24], blocks: [2, 3], stem: 32).optimized()
    let statistics = try statistics(of: graph, on: [random.tensor([2, 3, 40, 40])])
    let executor = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics))
    let integers = executor.graph
    #expect(graph.hasAllWeights && !integers.hasAllWeights)
    let restored = try Graph(archive: integers.archived()[...])
    #expect(restored == integers)
    let size = try graph.archived().count
    #expect(try integers.archived().count < size / 2)
    let again = try OneDNNExecutor(graph: restored, arithmetic: .integer(statistics))
    for shape in [[1, 3, 40, 40], [3, 3, 40, 40], [2, 3, 24, 32]] {
      let input = random.tensor(shape)
      #expect(try again.run(input) == executor.run(input))
    }
    #expect(again.graph == integers)
    // Without integers the weights are those that they stand for.
    let input = random.tensor([1, 3, 40, 40])
    let expected = try OneDNNExecutor(graph: graph).run(input)[0].values[...]
    #expect(cosine(try OneDNNExecutor(graph: restored).run(input)[0].values[...], expected) > 0.999)
  }

  @Test func shapesAndBatchesAgree() throws {
    var random = SeededGenerator(seed: 72)
    let graph = try makeBottleneckNetwork(&random, widths: [16, 24], blocks: [1, 2], stem: 16).optimized()
    let statistics = try statistics(of: graph, on: [random.tensor([2, 3, 33, 40])])
    let executor = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics))
    let input = random.tensor([5, 3, 33, 40])
    let together = try executor.run(input)[0]
    let size = input.values.count / 5
    for image in 0..<5 {
      let alone = Tensor(shape: [1, 3, 33, 40], values: Array(input.values[image * size..<(image + 1) * size]))
      let features = try executor.run(alone)[0]
      let width = together.shape[1]
      let same = Tensor(shape: features.shape, values: Array(together.values[image * width..<(image + 1) * width]))
      expectClose(features, same, tolerance: 1e-6, "image \(image)")
    }
  }

  /// ResNet-18's first block adds what the pooled stem gave, which no convolution made.
  @Test func shortcutFromPooling() throws {
    var random = SeededGenerator(seed: 73)
    var builder = GraphBuilder()
    func convolution(_ inputs: Int, _ outputs: Int) -> Inference.Operation {
      .convolution(
        Convolution(
          weights: random.tensor([outputs, inputs, 3, 3], in: -0.2...0.2), bias: random.floats(outputs),
          padding: Padding2D(all: 1)))
    }
    let stem = builder.add(.relu, builder.add(convolution(3, 16), "x"))
    let pooled = builder.add(
      .maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: 1))), stem)
    let first = builder.add(.relu, builder.add(convolution(16, 16), pooled))
    let sum = builder.add(.relu, builder.add(.add, builder.add(convolution(16, 16), first), pooled))
    // One more block, so that the first one's sum stays integers.
    let second = builder.add(.relu, builder.add(convolution(16, 16), sum))
    let last = builder.add(.relu, builder.add(.add, builder.add(convolution(16, 16), second), sum))
    let pooledLast = builder.add(.globalAveragePool, last)
    let graph = try builder.graph([nil, 3, nil, nil], outputs: pooledLast).optimized()
    let input = random.tensor([2, 3, 24, 31])
    let statistics = try statistics(of: graph, on: [input])
    let expected = try OneDNNExecutor(graph: graph).run(input)[0]
    let actual = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics)).run(input)[0]
    #expect(cosine(actual.values[...], expected.values[...]) > 0.999)
  }

  @Test func layersWithoutRangesStayInSinglePrecision() throws {
    var random = SeededGenerator(seed: 74)
    let graph = try makeBottleneckNetwork(&random, widths: [8], blocks: [1], stem: 16).optimized()
    let input = random.tensor([1, 3, 32, 32])
    let expected = try OneDNNExecutor(graph: graph).run(input)
    for limits in [[:], ["x": Float.nan, "nowhere": 1]] as [[String: Float]] {
      let arithmetic = Arithmetic.integer(ActivationStatistics(limits: limits))
      #expect(try OneDNNExecutor(graph: graph, arithmetic: arithmetic).run(input) == expected)
    }
    // Every single one of them may be missing.
    let all = try statistics(of: graph, on: [input])
    for name in all.limits.keys {
      let some = ActivationStatistics(limits: all.limits.filter { $0.key != name })
      let actual = try OneDNNExecutor(graph: graph, arithmetic: .integer(some)).run(input)
      #expect(cosine(actual[0].values[...], expected[0].values[...]) > 0.99, "without \(name)")
    }
  }

  @Test func brainFloatRunsWhereTheProcessorHasIt() throws {
    var random = SeededGenerator(seed: 75)
    let graph = try makeBottleneckNetwork(&random, widths: [16, 24], blocks: [2, 2], stem: 32).optimized()
    let input = random.tensor([2, 3, 40, 40])
    guard Processor.hasBrainFloat else {
      let error = #expect(throws: InferenceError.self) {
        try OneDNNExecutor(graph: graph, arithmetic: .brainFloat)
      }
      #expect(error?.code == .unsupported)
      return
    }
    let expected = try OneDNNExecutor(graph: graph).run(input)
    let actual = try OneDNNExecutor(graph: graph, arithmetic: .brainFloat).run(input)
    #expect(cosine(actual[0].values[...], expected[0].values[...]) > 0.9999)
  }

  @Test func openBLASHasSinglePrecisionOnly() throws {
    let graph = makeGraph(.relu, inputShape: [1, 3, 4, 4])
    #expect(throws: InferenceError.self) {
      try ExecutorKind.openBLAS.makeExecutor(for: graph, arithmetic: .integer(ActivationStatistics(limits: [:])))
    }
  }

  // MARK: Ranges

  @Test func limitsFollowTheValues() throws {
    var histogram = MagnitudeHistogram()
    #expect(histogram.limit(steps: 255) == nil)
    ([0, 0, .nan, .infinity] as [Float]).withUnsafeBufferPointer { histogram.add($0) }
    #expect(histogram.limit(steps: 255) == nil)
    // Evenly spread values are not clipped.
    (0..<10_000).map { Float($0) / 1000 }.withUnsafeBufferPointer { histogram.add($0) }
    let even = try #require(histogram.limit(steps: 255))
    #expect(even > 9.8 && even < 10.1)
    // One value far away is, since all others would lose by it.
    var outlier = MagnitudeHistogram()
    ((0..<1_000_000).map { Float($0 % 1000) / 1000 } + [-40]).withUnsafeBufferPointer { outlier.add($0) }
    let clipped = try #require(outlier.limit(steps: 255))
    #expect(clipped < 20)
    // Larger values that come later are in.
    (0..<1000).map { Float($0) }.withUnsafeBufferPointer { histogram.add($0) }
    let later = try #require(histogram.limit(steps: 255))
    #expect(later > 900)
  }

  @Test func channelScales() {
    let weights = Tensor(shape: [4, 2, 1, 1], values: [1, -2, 0, 0, 1e-45, 0, 3, 3])
    #expect(ChannelScales(weights, bound: .bytes).values == [2 / 127, 1, 1, 3 / 127])
    let scales = ChannelScales(weights, bound: .pairs)
    #expect(scales.values == [2 / 127, 1, 1, 6 / 127])
    #expect(scales.integers(weights).map(Int8.init(bitPattern:)) == [64, -127, 0, 0, 0, 0, 64, 64])
    let broken = Tensor(shape: [1, 2, 1, 1], values: [.nan, 1])
    #expect(ChannelScales(broken, bound: .bytes).integers(broken) == [0, 127])
  }

  @Test func statisticsAreKeptAsText() throws {
    let statistics = ActivationStatistics(
      limits: ["a": 1.5, "b": -1, "c": .infinity], means: ["a": [0.1, -3], "b": [], "c": [1, .nan]])
    #expect(statistics.limits == ["a": 1.5])
    #expect(statistics.means == ["a": [0.1, -3], "b": []])
    let text = try JSONEncoder().encode(statistics)
    #expect(try JSONDecoder().decode(ActivationStatistics.self, from: text) == statistics)
  }

  // MARK: Means

  /// The observer's means are those of the arrays, over all images and batches.
  @Test func meansAreThoseOfTheArrays() throws {
    var builder = GraphBuilder()
    let positive = builder.add(.relu, "x")
    let output = builder.add(
      .convolution(Convolution(weights: Tensor(shape: [1, 6, 1, 1], values: [1, 1, 1, 1, 1, 1]))), positive)
    let graph = builder.graph([nil, 6, nil, nil], outputs: output)
    let observer = try ActivationObserver(graph: graph)
    var sums = [Double](repeating: 0, count: 6)
    var random = SeededGenerator(seed: 76)
    for shape in [[2, 6, 3, 5], [1, 6, 2, 4]] {
      let input = random.tensor(shape)
      try observer.observe(input)
      let area = shape[2] * shape[3]
      for (index, value) in input.values.enumerated() { sums[index / area % 6] += Double(max(0, value)) }
    }
    let means = try #require(observer.statistics.means[positive])
    #expect(observer.statistics.means.count == 1)
    for (mean, sum) in zip(means, sums) { #expect(abs(Double(mean) - sum / 38) < 1e-6) }
  }

  /// Rounding the weights leaves each output channel's mean where it was, and takes it away without the means.
  @Test func biasesPutBackWhatRoundingTakes() throws {
    var random = SeededGenerator(seed: 77)
    for bias in [random.floats(32), nil] {
      var builder = GraphBuilder()
      let positive = builder.add(.relu, "x")
      let convolution = Convolution(weights: random.tensor([32, 64, 1, 1]), bias: bias)
      let output = builder.add(.convolution(convolution), positive)
      let graph = builder.graph([nil, 64, nil, nil], outputs: output)
      // All places alike, in whole steps: only the weights are rounded.
      var input = Tensor(zeros: [1, 64, 6, 6])
      for index in input.values.indices { input.values[index] = Float(index / 36 * 37 % 256) }
      let limits = [positive: Float(255)]
      let means = [positive: (0..<64).map { Float($0 * 37 % 256) }]
      let expected = try OneDNNExecutor(graph: graph).run(input)[0]
      func error(_ statistics: ActivationStatistics) throws -> Float {
        let actual = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics)).run(input)[0]
        return zip(actual.values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
      }
      let corrected = try error(ActivationStatistics(limits: limits, means: means))
      let plain = try error(ActivationStatistics(limits: limits))
      #expect(corrected < 0.01, "\(corrected)")
      #expect(plain > 1, "\(plain)")
      // Means of another number of channels are of another network.
      #expect(try error(ActivationStatistics(limits: limits, means: [positive: [1]])) == plain)
    }
  }
}

import Foundation
import Inference
import Testing

@Suite(.serialized) struct NetworkTests {
  private func tinyNetwork(_ random: inout SeededGenerator) -> Graph {
    makeBottleneckNetwork(&random, widths: [8, 12], blocks: [2, 2], stem: 16)
  }

  @Test func executorsAgree() throws {
    var random = SeededGenerator(seed: 61)
    let graph = tinyNetwork(&random)
    let optimized = try graph.optimized()
    // Four blocks of three convolutions, two projections, the stem; pools, flatten, linear, softmax.
    #expect(optimized.nodes.count == 4 * 3 + 2 + 1 + 2 + 3)
    for shape in [[1, 3, 40, 33], [3, 3, 32, 32]] {
      let input = random.tensor(shape)
      try expectSame(graph, optimized, input, "optimized, \(shape)")
      let blas = try ExecutorKind.openBLAS.makeExecutor(for: graph).run(input)
      let dnn = try ExecutorKind.oneDNN.makeExecutor(for: graph, threads: 1).run(input)
      for (left, right) in zip(dnn, blas) { expectClose(left, right, "\(shape)") }
    }
  }

  /// ResNet-50's blocks and widths on a small image.
  @Test func executorsAgreeOnResNet50() throws {
    var random = SeededGenerator(seed: 62)
    let graph = makeBottleneckNetwork(
      &random, widths: [64, 128, 256, 512], blocks: [3, 4, 6, 3], stem: 64, classes: 1000)
    #expect(graph.nodes.count { if case .convolution = $0.operation { true } else { false } } == 53)
    let input = random.tensor([2, 3, 64, 64])
    let dnn = try ExecutorKind.oneDNN.makeExecutor(for: graph).run(input)
    let blas = try ExecutorKind.openBLAS.makeExecutor(for: graph).run(input)
    for (left, right) in zip(dnn, blas) {
      expectClose(left, right, tolerance: 1e-4, "ResNet-50")
      var products = (0.0, 0.0, 0.0)
      for (x, y) in zip(left.values, right.values) {
        products.0 += Double(x) * Double(y)
        products.1 += Double(x) * Double(x)
        products.2 += Double(y) * Double(y)
      }
      #expect(products.0 / (products.1 * products.2).squareRoot() >= 0.99999)
    }
  }

  @Test func largeBatchesEqualSingleImages() throws {
    var random = SeededGenerator(seed: 63)
    let graph = try tinyNetwork(&random).optimized()
    // Two whole pieces and a rest.
    let batch = random.tensor([37, 3, 32, 32])
    for (name, executor) in try makeExecutors(graph) {
      let whole = try executor.run(batch)
      #expect(whole.map { $0.shape[0] } == [37, 37])
      for image in [0, 15, 16, 31, 36] {
        let size = 3 * 32 * 32
        let single = Tensor(shape: [1, 3, 32, 32], values: Array(batch.values[image * size..<(image + 1) * size]))
        for (all, one) in zip(whole, try executor.run(single)) {
          let width = one.values.count
          let part = Tensor(shape: one.shape, values: Array(all.values[image * width..<(image + 1) * width]))
          expectClose(part, one, "\(name), image \(image)")
        }
      }
    }
  }

  /// More sizes than plans are kept, each twice, in an arena that grows and stays.
  @Test func manySizes() throws {
    var random = SeededGenerator(seed: 64)
    let graph = try tinyNetwork(&random).optimized()
    let executors = try makeExecutors(graph)
    for shape in [[1, 3, 32, 32], [2, 3, 64, 48], [1, 3, 33, 35], [5, 3, 32, 32], [1, 3, 96, 96], [3, 3, 50, 41]] {
      let input = random.tensor(shape)
      let results = try executors.map { try $0.executor.run(input) }
      expectClose(results[0][0], results[1][0], "\(shape)")
    }
    let input = random.tensor([1, 3, 32, 32])
    let results = try executors.map { try $0.executor.run(input) }
    expectClose(results[0][0], results[1][0], "the first size again")
  }

  /// Pooling sizes from the paper's other networks, CIFAR's: option A shortcuts, no first pool.
  @Test func optionAShortcuts() throws {
    var random = SeededGenerator(seed: 65)
    var builder = GraphBuilder()
    var value = builder.add(
      .relu,
      builder.add(.convolution(Convolution(weights: random.tensor([16, 3, 3, 3]), padding: Padding2D(all: 1))), "x"))
    var channels = 16
    for width in [16, 32] {
      let stride = width / channels
      let first = Convolution(
        weights: random.tensor([width, channels, 3, 3], in: -0.1...0.1), stride: Size2D(stride, stride),
        padding: Padding2D(all: 1))
      let second = Convolution(
        weights: random.tensor([width, width, 3, 3], in: -0.1...0.1), padding: Padding2D(all: 1))
      let inner = builder.add(
        .batchNormalization(random.normalization(width)),
        builder.add(.convolution(second), builder.add(.relu, builder.add(.convolution(first), value))))
      let shortcut =
        stride == 1 ? value : builder.add(.subsampleAndPadChannels(stride: stride, channels: width), value)
      value = builder.add(.relu, builder.add(.add, inner, shortcut))
      channels = width
    }
    let pooled = builder.add(.globalAveragePool, value)
    let graph = builder.graph([nil, 3, 32, 32], outputs: pooled, value)
    try expectSame(graph, graph.optimized(), random.tensor([3, 3, 32, 32]), "option A")
  }

  @Test func graphWithoutNodes() throws {
    let graph = Graph(input: "x", inputShape: [nil, 2], nodes: [], outputs: ["x", "x"])
    let input = Tensor(shape: [2, 2], values: [1, 2, 3, 4])
    for (name, executor) in try makeExecutors(graph) { #expect(try executor.run(input) == [input, input], "\(name)") }
  }

  @Test func concurrentRuns() async throws {
    var random = SeededGenerator(seed: 66)
    let graph = try tinyNetwork(&random).optimized()
    let inputs = (0..<12).map { random.tensor([1 + $0 % 3, 3, 32, 32 + $0 % 2]) }
    for (name, executor) in try makeExecutors(graph) {
      let expected = try inputs.map { try executor.run($0) }
      try await withThrowingTaskGroup(of: (Int, [Tensor]).self) { group in
        for (index, input) in inputs.enumerated() {
          group.addTask { (index, try executor.run(input)) }
        }
        for try await (index, outputs) in group {
          for (left, right) in zip(outputs, expected[index]) { expectClose(left, right, "\(name), run \(index)") }
        }
      }
    }
  }

  private var threadCount: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
  }

  @Test func executorsLeaveNoThreads() async throws {
    var random = SeededGenerator(seed: 67)
    let graph = try tinyNetwork(&random).optimized()
    let input = random.tensor([1, 3, 32, 32])
    // Other suites run at the same time and have executors of their own: only growth with the count is a leak.
    let before = threadCount
    for _ in 0..<40 { _ = try OneDNNExecutor(graph: graph, threads: 2).run(input) }
    // A thread that was joined may still be listed for a moment.
    var after = threadCount
    for _ in 0..<200 where after > before + 10 {
      try await Task.sleep(for: .milliseconds(10))
      after = threadCount
    }
    #expect(after <= before + 10, "\(before) threads before, \(after) after 40 executors of at least 2 each")
  }
}

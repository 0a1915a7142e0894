import Testing

@testable import Inference

/// Passes that move work into weights and windows: each must give the same numbers with fewer nodes.
@Suite struct FoldingTests {
  private func expectRewritten(
    _ graph: Graph, _ rewritten: Graph, _ input: Tensor, kinds: [String], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(rewritten.kinds == kinds, "\(what)", sourceLocation: sourceLocation)
    try rewritten.validate()
    try expectSame(graph, rewritten, input, what, sourceLocation: sourceLocation)
  }

  @Test func normalizationIntoConvolutionBefore() throws {
    var random = SeededGenerator(seed: 31)
    for bias in [nil, random.floats(6)] {
      var builder = GraphBuilder()
      let convolved = builder.add(
        .convolution(
          Convolution(weights: random.tensor([6, 2, 3, 3]), bias: bias, padding: Padding2D(all: 1), groups: 2)), "x")
      let normal = builder.add(.batchNormalization(random.normalization(6)), convolved)
      let scaled = builder.add(.channelAffine(scale: random.floats(6), shift: random.floats(6)), normal)
      let graph = builder.graph([nil, 4, nil, nil], outputs: scaled)
      try expectRewritten(
        graph, graph.foldingNormalizations(), random.tensor([2, 4, 5, 6]), kinds: ["convolution"], "before")
    }
  }

  @Test func normalizationIntoLinear() throws {
    var random = SeededGenerator(seed: 32)
    var builder = GraphBuilder()
    let linear = builder.add(.linear(Linear(weights: random.tensor([5, 7]), bias: random.floats(5))), "x")
    let normal = builder.add(.batchNormalization(random.normalization(5)), linear)
    let graph = builder.graph([nil, 7], outputs: normal)
    try expectRewritten(graph, graph.foldingNormalizations(), random.tensor([3, 7]), kinds: ["linear"], "linear")
  }

  @Test func normalizationStaysWhereTheConvolutionIsReadTwice() throws {
    var random = SeededGenerator(seed: 33)
    var builder = GraphBuilder()
    let convolved = builder.add(.convolution(Convolution(weights: random.tensor([4, 4, 1, 1]))), "x")
    let normal = builder.add(.batchNormalization(random.normalization(4)), convolved)
    let sum = builder.add(.add, normal, convolved)
    let graph = builder.graph([nil, 4, nil, nil], outputs: sum)
    try expectRewritten(
      graph, graph.foldingNormalizations(), random.tensor([2, 4, 3, 3]),
      kinds: ["convolution", "channelAffine", "add"],
      "read twice")
    let returned = builder.graph([nil, 4, nil, nil], outputs: sum, convolved)
    #expect(returned.foldingNormalizations().kinds == ["convolution", "channelAffine", "add"])
  }

  @Test func normalizationIntoConvolutionAfter() throws {
    var random = SeededGenerator(seed: 34)
    let unpadded = Convolution(weights: random.tensor([6, 2, 3, 2]), bias: random.floats(6), groups: 2)
    var padded = unpadded
    padded.padding = Padding2D(all: 1)
    for (layer, shift, kinds) in [
      (unpadded, random.floats(4), ["convolution"]), (padded, random.floats(4), ["channelAffine", "convolution"]),
      (padded, [0, 0, 0, 0], ["convolution"]),
    ] {
      var builder = GraphBuilder()
      let clamped = builder.add(.relu, "x")
      let scaled = builder.add(.channelAffine(scale: random.floats(4), shift: shift), clamped)
      let convolved = builder.add(.convolution(layer), scaled)
      let graph = builder.graph([nil, 4, nil, nil], outputs: convolved)
      try expectRewritten(
        graph, graph.foldingNormalizations(), random.tensor([2, 4, 5, 6]), kinds: ["relu"] + kinds, "after")
    }
  }

  @Test func normalizationAfterStaysWhereOthersReadIt() throws {
    var random = SeededGenerator(seed: 35)
    var builder = GraphBuilder()
    let scaled = builder.add(.batchNormalization(random.normalization(4)), "x")
    let convolved = builder.add(.convolution(Convolution(weights: random.tensor([4, 4, 1, 1]))), scaled)
    let sum = builder.add(.add, scaled, convolved)
    let graph = builder.graph([nil, 4, nil, nil], outputs: sum)
    try expectRewritten(
      graph, graph.foldingNormalizations(), random.tensor([2, 4, 5, 6]),
      kinds: ["channelAffine", "convolution", "add"],
      "others read it")
  }

  @Test func padIntoConvolution() throws {
    var random = SeededGenerator(seed: 36)
    for (value, kinds) in [(Float(0), ["convolution", "convolution"]), (1, ["pad", "convolution", "convolution"])] {
      var builder = GraphBuilder()
      let padded = builder.add(.pad(Padding2D(top: 1, left: 0, bottom: 2, right: 3), value: value), "x")
      let first = builder.add(
        .convolution(Convolution(weights: random.tensor([3, 2, 3, 3]), stride: Size2D(2, 2))), padded)
      let second = builder.add(
        .convolution(Convolution(weights: random.tensor([3, 2, 3, 3]), padding: Padding2D(all: 1))), padded)
      let graph = builder.graph([nil, 2, nil, nil], outputs: first, second)
      try expectRewritten(graph, graph.foldingPadding(), random.tensor([2, 2, 6, 5]), kinds: kinds, "pad by \(value)")
    }
  }

  @Test func padIntoAveragePool() throws {
    var random = SeededGenerator(seed: 37)
    func pooling(_ padding: Int, counts: Bool, roundsUp: Bool = false) -> Pooling {
      Pooling(
        kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: padding), roundsUp: roundsUp,
        countsPadding: counts)
    }
    for (pooling, folds) in [
      (pooling(0, counts: false), true), (pooling(1, counts: true), true), (pooling(1, counts: false), false),
      (pooling(0, counts: false, roundsUp: true), false),
    ] {
      var builder = GraphBuilder()
      let padded = builder.add(.pad(Padding2D(bottom: 1, right: 1), value: 0), "x")
      let pooled = builder.add(.averagePool(pooling), padded)
      let graph = builder.graph([nil, 2, nil, nil], outputs: pooled)
      try expectRewritten(
        graph, graph.foldingPadding(), random.tensor([1, 2, 8, 7]),
        kinds: folds ? ["averagePool"] : ["pad", "averagePool"],
        "\(pooling)")
    }
  }

  @Test func padIntoMaxPool() throws {
    var random = SeededGenerator(seed: 38)
    let pooling = Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2))
    // Zeros may only be ignored where nothing is below zero.
    for (value, clampsBefore, folds) in [
      (Float(0), true, true), (0, false, false), (-.infinity, false, true), (-1, true, false),
      (-Float.greatestFiniteMagnitude, false, true),
    ] {
      var builder = GraphBuilder()
      let before = clampsBefore ? builder.add(.relu, "x") : "x"
      let padded = builder.add(.pad(Padding2D(all: 1), value: value), before)
      let pooled = builder.add(.maxPool(pooling), padded)
      let graph = builder.graph([nil, 2, nil, nil], outputs: pooled)
      let kinds = (clampsBefore ? ["relu"] : []) + (folds ? ["maxPool"] : ["pad", "maxPool"])
      let input = random.tensor([2, 2, 7, 8], in: clampsBefore ? -1...1 : -2 ... -1)
      try expectRewritten(graph, graph.foldingPadding(), input, kinds: kinds, "pad by \(value)")
    }
    // As wide as the window: a window of padding only would be left.
    var builder = GraphBuilder()
    let padded = builder.add(.pad(Padding2D(all: 3), value: 0), builder.add(.relu, "x"))
    let pooled = builder.add(.maxPool(pooling), padded)
    let graph = builder.graph([nil, 2, nil, nil], outputs: pooled)
    try expectRewritten(
      graph, graph.foldingPadding(), random.tensor([1, 2, 5, 5]), kinds: ["relu", "pad", "maxPool"], "wide pad")
  }

  @Test func meanIntoGlobalAveragePool() throws {
    var random = SeededGenerator(seed: 39)
    for (axes, keeps, kinds) in [
      ([2, 3], true, ["globalAveragePool"]), ([-1, 2], false, ["globalAveragePool", "flatten"]),
      ([1, 2], false, ["mean"]),
    ] {
      let graph = makeGraph(.mean(axes: axes, keepsAxes: keeps), inputShape: [2, 3, 4, 5])
      try expectRewritten(graph, graph.foldingMeans(), random.tensor([2, 3, 4, 5]), kinds: kinds, "mean over \(axes)")
    }
    // Of five axes, 2 and 3 are not all that is behind the channels.
    #expect(
      makeGraph(.mean(axes: [2, 3], keepsAxes: true), inputShape: [1, 2, 3, 4, 5]).foldingMeans().kinds == ["mean"])
  }

  @Test func identitiesAndDeadNodes() throws {
    var random = SeededGenerator(seed: 40)
    var builder = GraphBuilder()
    let unread = builder.add(.convolution(Convolution(weights: random.tensor([4, 3, 1, 1]))), "x")
    _ = builder.add(.relu, unread)
    let padded = builder.add(.pad(Padding2D(), value: 3), "x")
    let scaled = builder.add(.channelAffine(scale: [1, 1, 1], shift: [0, 0, 0]), padded)
    let clamped = builder.add(.relu, scaled)
    let again = builder.add(.relu, clamped)
    let pooled = builder.add(.maxPool(Pooling(kernel: Size2D(1, 1), stride: Size2D(1, 1))), again)
    let flat = builder.add(.flatten, pooled)
    let flatter = builder.add(.flatten, flat)
    let graph = builder.graph([nil, 3, nil, nil], outputs: flatter, padded)
    try expectRewritten(
      graph, graph.removingDeadNodes().removingIdentities(), random.tensor([2, 3, 2, 5]), kinds: ["relu", "flatten"],
      "identities")
  }

  @Test func fixedBatchBecomesFree() throws {
    var random = SeededGenerator(seed: 46)
    for (shape, frees) in [([1, -1], true), ([-1, 12], true), ([0, -1], true), ([1, 3, 4], true)] {
      var builder = GraphBuilder()
      let reshaped = builder.add(.reshape(shape), builder.add(.relu, "x"))
      let graph = builder.graph([1, 3, 2, 2], outputs: reshaped)
      #expect((graph.freeingBatch().inputShape[0] == nil) == frees)
      let input = random.tensor([3, 3, 2, 2])
      try expectSame(graph, graph.optimized(), input, "reshape to \(shape)")
    }
    // Where H and W are not known, neither is what a reshape does.
    var builder = GraphBuilder()
    let reshaped = builder.add(.reshape([1, -1]), "x")
    #expect(builder.graph([1, 3, nil, nil], outputs: reshaped).freeingBatch().inputShape[0] == 1)
    // A batch that is left to be found out fits any.
    let only = makeGraph(.reshape([-1, 3, 4]), inputShape: [1, 3, 2, 2])
    #expect(only.freeingBatch().inputShape == [nil, 3, 2, 2])
  }
}

import Testing

@testable import Inference

@Suite struct FusionTests {
  private func convolution(_ random: inout SeededGenerator, channels: Int = 16) -> Operation {
    .convolution(Convolution(weights: random.tensor([channels, channels, 1, 1]), bias: random.floats(channels)))
  }

  @Test func residualBlock() throws {
    var random = SeededGenerator(seed: 41)
    var builder = GraphBuilder()
    let first = builder.add(convolution(&random), "x")
    let clamped = builder.add(.relu, first)
    let second = builder.add(convolution(&random), clamped)
    let shortcut = builder.add(convolution(&random), "x")
    let sum = builder.add(.add, second, shortcut)
    let result = builder.add(.relu, sum)
    let graph = builder.graph([nil, 16, nil, nil], outputs: result)
    let fused = graph.fusingConvolutions()
    #expect(fused.kinds == ["convolution", "convolution", "convolution"])
    try fused.validate()
    try expectSame(graph, fused, random.tensor([2, 16, 4, 5]), "block")
  }

  @Test func convolutionMovesBehindTheOtherOperand() throws {
    var random = SeededGenerator(seed: 42)
    var builder = GraphBuilder()
    // The other operand comes later than the convolution that is to add it.
    let convolved = builder.add(convolution(&random), "x")
    let pooled = builder.add(
      .maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(1, 1), padding: Padding2D(all: 1))), "x")
    let sum = builder.add(.add, convolved, pooled)
    let graph = builder.graph([nil, 16, nil, nil], outputs: sum)
    let fused = graph.fusingConvolutions()
    #expect(fused.kinds == ["maxPool", "convolution"])
    try fused.validate()
    try expectSame(graph, fused, random.tensor([2, 16, 4, 5]), "moved")
  }

  @Test func nothingIsFusedWhereOthersRead() throws {
    var random = SeededGenerator(seed: 43)
    var builder = GraphBuilder()
    let convolved = builder.add(convolution(&random), "x")
    let clamped = builder.add(.relu, convolved)
    let sum = builder.add(.add, clamped, convolved)
    let twice = builder.add(convolution(&random), sum)
    let doubled = builder.add(.add, twice, twice)
    let returned = builder.add(convolution(&random), doubled)
    let last = builder.add(.relu, returned)
    let graph = builder.graph([nil, 16, nil, nil], outputs: last, returned)
    let fused = graph.fusingConvolutions()
    #expect(fused.kinds == graph.kinds)
    try expectSame(graph, fused, random.tensor([1, 16, 3, 3]), "others read")
  }

  @Test func clampComesAfterTheAddition() throws {
    var random = SeededGenerator(seed: 44)
    var builder = GraphBuilder()
    // ReLU before the addition: the addition can't be fused into a convolution that clamps last.
    let clamped = builder.add(.relu, builder.add(convolution(&random), "x"))
    let sum = builder.add(.add, clamped, "x")
    let graph = builder.graph([nil, 16, nil, nil], outputs: sum)
    let fused = graph.fusingConvolutions()
    #expect(fused.kinds == ["convolution", "add"])
    try expectSame(graph, fused, random.tensor([2, 16, 3, 3]), "clamp before")
  }

  @Test func chainOfAdditions() throws {
    var random = SeededGenerator(seed: 45)
    var builder = GraphBuilder()
    let first = builder.add(.add, builder.add(convolution(&random), "x"), "x")
    let second = builder.add(.add, builder.add(convolution(&random), first), first)
    let third = builder.add(.add, second, builder.add(convolution(&random), second))
    let last = builder.add(.relu, third)
    let graph = builder.graph([nil, 16, nil, nil], outputs: last, first)
    let fused = graph.fusingConvolutions()
    #expect(fused.kinds == ["convolution", "convolution", "convolution"])
    try fused.validate()
    try expectSame(graph, fused, random.tensor([2, 16, 3, 3]), "chain")
  }
}

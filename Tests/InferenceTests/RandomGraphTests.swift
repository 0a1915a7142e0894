import Inference
import Testing

/// Graphs drawn at random: whatever the passes and the planner of memory do to them, the numbers must stay.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<12) func optimizedGraphsGiveTheSame(group: Int) throws {
    for number in 0..<25 {
      let seed = UInt64(group * 1000 + number)
      var random = SeededGenerator(seed: seed)
      let graph = try randomGraph(&random)
      let input = random.tensor([Int.random(in: 1...3, using: &random)] + graph.inputShape.dropFirst().map { $0 ?? 1 })
      let expected = try OpenBLASExecutor(graph: graph).run(input)
      let optimized = try graph.optimized()
      var optimizedInput = input
      if optimized.inputShape != graph.inputShape { optimizedInput = PlainReference.transpose(input, [0, 3, 1, 2]) }
      for (name, executor) in try makeExecutors(optimized) {
        let actual = try executor.run(optimizedInput)
        for (left, right) in zip(actual, expected) {
          expectClose(left, right, tolerance: 1e-4, "\(name), seed \(seed): \(graph.kinds)")
        }
      }
      let direct = try OneDNNExecutor(graph: graph).run(input)
      for (left, right) in zip(direct, expected) {
        expectClose(left, right, tolerance: 1e-4, "not optimized, seed \(seed): \(graph.kinds)")
      }
    }
  }

  @Test(arguments: 0..<4) func storedGraphsAreTheSame(group: Int) throws {
    for number in 0..<25 {
      var random = SeededGenerator(seed: UInt64(group * 1000 + number))
      let graph = try randomGraph(&random)
      let bytes = try graph.archived()
      #expect(try Graph(archive: bytes[...]) == graph)
      // Damaged ones are refused, or are sound graphs of other numbers.
      for _ in 0..<20 {
        var damaged = bytes
        let place = Int.random(in: damaged.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
        case 1: damaged.remove(at: place)
        default: damaged.removeSubrange(place...)
        }
        if let graph = try? Graph(archive: damaged[...]) { #expect(throws: Never.self) { try graph.validate() } }
      }
    }
  }

  private func randomGraph(_ random: inout SeededGenerator) throws -> Graph {
    let inputShape = [2] + (0..<3).map { _ in [3, 4, 6, 7, 16].randomElement(using: &random) ?? 3 }
    var graph = Graph(input: "x", inputShape: [nil] + inputShape.dropFirst().map { $0 }, nodes: [], outputs: ["x"])
    var names = ["x"]
    var shapes = ["x": inputShape]
    while graph.nodes.count < 14 {
      // Mostly what came last, so that chains form which the passes know.
      let recent = names.suffix(Bool.random(using: &random) ? 1 : 4)
      guard let name = recent.randomElement(using: &random), let shape = shapes[name] else { break }
      let operation = randomOperation(shape, &random)
      var inputs = [name]
      if operation == .add {
        guard let other = names.filter({ shapes[$0] == shape }).randomElement(using: &random) else { continue }
        inputs = Bool.random(using: &random) ? [name, other] : [other, name]
      }
      let output = "v\(graph.nodes.count)"
      graph.nodes.append(Node(name: output, operation: operation, inputs: inputs, output: output))
      do {
        shapes = try graph.shapes(forInput: inputShape)
        // Reshapes with the sizes of this batch would not do for another.
        _ = try graph.shapes(forInput: [1] + inputShape.dropFirst())
        names.append(output)
      } catch {
        graph.nodes.removeLast()
      }
    }
    graph.outputs = [names.last ?? "x"]
    if Bool.random(using: &random), let other = names.randomElement(using: &random), other != "x" {
      graph.outputs.append(other)
    }
    return graph
  }

  private func randomOperation(_ shape: [Int], _ random: inout SeededGenerator) -> Operation {
    func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: 0..<choices.count, using: &random)] }
    let channels = shape.count > 1 ? shape[1] : 1
    switch Int.random(in: 0..<17, using: &random) {
    case 0, 1, 2, 3:
      let groups = pick([1, 1, 1, channels % 2 == 0 ? 2 : 1])
      let (inputs, outputs) = (channels / groups, groups * pick([2, 3, 8, channels]))
      let kernel = pick([1, 1, 3])
      let bound = (3 / Float(inputs * kernel * kernel)).squareRoot()
      return .convolution(
        Convolution(
          weights: random.tensor([outputs, inputs, kernel, kernel], in: -bound...bound),
          bias: pick([nil, random.floats(outputs)]), stride: Size2D(pick([1, 1, 2]), pick([1, 1, 2])),
          padding: Padding2D(
            top: pick([0, kernel / 2]), left: pick([0, 1]), bottom: pick([0, kernel / 2]), right: 0),
          groups: groups))
    case 4: return .batchNormalization(random.normalization(channels))
    case 5:
      return .channelAffine(
        scale: random.floats(channels), shift: pick([random.floats(channels), shape.map { _ in 0 }]))
    case 6, 7: return .relu
    case 8, 9: return .add
    case 10:
      return .pad(
        Padding2D(top: pick([0, 1]), left: pick([0, 1]), bottom: pick([0, 2]), right: pick([0, 1])),
        value: pick([0, 0, 0.5]))
    case 11, 12:
      let kernel = Size2D(pick([1, 2, 3]), pick([2, 3]))
      let pooling = Pooling(
        kernel: kernel, stride: Size2D(pick([1, 2]), pick([1, 2])),
        padding: Padding2D(top: pick([0, kernel.height - 1]), left: pick([0, 1])),
        roundsUp: pick([false, false, true]),
        countsPadding: pick([false, true]))
      return pick([.maxPool(pooling), .averagePool(pooling)])
    case 13:
      return pick([
        .globalAveragePool, .mean(axes: [1, 2], keepsAxes: pick([true, false])), .mean(axes: [2, 3], keepsAxes: false),
      ])
    case 14, 15:
      if shape.count == 4 {
        return .transpose(permutation: pick([[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 3, 2, 1]]))
      }
      return .transpose(permutation: Array(shape.indices))
    default:
      if shape.count == 2 {
        return pick([.linear(Linear(weights: random.tensor([5, channels]), bias: random.floats(5))), .softmax])
      }
      return pick([
        .flatten, .reshape([0, 0, -1]), .reshape([-1] + shape.dropFirst()), .softmax,
        .subsampleAndPadChannels(stride: 2, channels: channels + 2),
      ])
    }
  }
}

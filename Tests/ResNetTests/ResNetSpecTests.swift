import Inference
import Testing

@testable import ResNet

struct ResNetSpecTests {
  /// Table 1 of the paper, in thousands of millions, with its choices: option A below 50 layers, B from 50 on, stride
  /// on the 1×1.
  @Test(arguments: [
    ("resnet18", 18, 1.8), ("resnet34", 34, 3.6), ("resnet50", 50, 3.8), ("resnet101", 101, 7.6),
    ("resnet152", 152, 11.3),
  ])
  func multiplyAddsAreThePapers(name: String, layers: Int, billions: Double) throws {
    let spec = try #require(
      ResNetSpec(
        named: name, shortcut: layers < 50 ? .identity : .projectionWhereNeeded, bottleneckStride: .pointwise))
    let description = try spec.describe()
    let computed = Double(description.multiplyAdds) / 1e9
    // The paper cuts 3.86 to 3.8 and rounds 7.57 to 7.6: either is its figure.
    let cut = (computed * 10).rounded(.down) / 10
    let rounded = (computed * 10).rounded() / 10
    #expect(cut == billions || rounded == billions, "\(name): \(computed)")
    #expect(description.layers == layers)
    #expect(spec.layers == layers)
  }

  /// 3.86 thousand million by hand: stem 118,013,952; four stages 668,  950, 1387 and 732 million; classifier.
  @Test func multiplyAddsOfEachStageAreRight() throws {
    let description = try #require(ResNetSpec(named: "resnet50", bottleneckStride: .pointwise)).describe()
    // A bottleneck at full resolution: 56² × (256·64 + 9·64·64 + 64·256); its first one projects 64 to 256.
    let ordinary = 56 * 56 * (256 * 64 + 9 * 64 * 64 + 64 * 256)
    let first = 56 * 56 * (64 * 64 + 9 * 64 * 64 + 64 * 256 + 64 * 256)
    // Stages after it: half the map, twice the filters, the same cost; their first blocks project with stride 2.
    let growing = 28 * 28 * (256 * 128 + 9 * 128 * 128 + 128 * 512 + 256 * 512)
    let expected = [
      112 * 112 * 64 * 3 * 49, first + 2 * ordinary, growing + 3 * ordinary, growing + 5 * ordinary,
      growing + 2 * ordinary, 2048 * 1000,
    ]
    #expect(description.stages.map(\.multiplyAdds) == expected)
    #expect(description.stages.map(\.name) == ["conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "classifier"])
    #expect(description.stages.map(\.outputHeight) == [112, 56, 28, 14, 7, 1])
    #expect(description.stages.map(\.outputChannels) == [64, 256, 512, 1024, 2048, 1000])
    #expect(description.stages[1].blocks == ["3×3 max pool, stride 2", "[1×1, 64; 3×3, 64; 1×1, 256] × 3"])
  }

  /// torchvision's published counts.
  @Test(arguments: [
    ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet101", 44_549_160),
    ("resnet152", 60_192_808),
  ])
  func parametersAreTorchvisions(name: String, count: Int) throws {
    #expect(try #require(ResNetSpec(named: name)).describe().parameters == count)
  }

  /// Table 6 of the paper, in millions.
  @Test(arguments: [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)])
  func parametersOfCIFARNetworksAreThePapers(layers: Int, millions: Double) throws {
    let description = try #require(ResNetSpec(named: "cifar-resnet\(layers)")).describe()
    let scale = millions < 1 ? 100.0 : 10.0
    #expect((Double(description.parameters) / 1e6 * scale).rounded() / scale == millions, "\(description.parameters)")
    #expect(description.layers == layers)
    #expect(description.stages.map(\.outputHeight) == [32, 32, 16, 8, 1])
  }

  @Test func identityShortcutsAddNoParameters() throws {
    let pairs = [("resnet18", "plain18"), ("resnet34", "plain34"), ("cifar-resnet110", "cifar-plain110")]
    for (residualName, plainName) in pairs {
      let residual = try #require(ResNetSpec(named: residualName, shortcut: .identity)).describe()
      let plain = try #require(ResNetSpec(named: plainName)).describe()
      #expect(residual.parameters == plain.parameters)
      #expect(residual.multiplyAdds == plain.multiplyAdds)
      #expect(residual.stages.map(\.blocks) == plain.stages.map(\.blocks))
    }
  }

  /// ResNet-34 grows three times: B adds three projections, C one more on each of the other thirteen blocks.
  @Test func projectionsAddTheirParameters() throws {
    func parameters(_ shortcut: ResNetSpec.Shortcut) throws -> Int {
      try #require(ResNetSpec(named: "resnet34", shortcut: shortcut)).describe().parameters
    }
    let (identity, needed, everywhere) = (
      try parameters(.identity), try parameters(.projectionWhereNeeded), try parameters(.projectionEverywhere)
    )
    func projection(_ inputs: Int, _ outputs: Int) -> Int { inputs * outputs + 2 * outputs }
    #expect(needed - identity == projection(64, 128) + projection(128, 256) + projection(256, 512))
    let others =
      3 * projection(64, 64) + 3 * projection(128, 128) + 5 * projection(256, 256) + 2 * projection(512, 512)
    #expect(everywhere - needed == others)
  }

  @Test func theThinNetworkHasHalfTheFilters() throws {
    let description = try #require(ResNetSpec(named: "resnet50-thin")).describe()
    #expect(description.featureDimension == 1024)
    #expect(description.stages.map(\.outputChannels) == [64, 128, 256, 512, 1024, 2])
    // Weights and biases of open_nsfw's layers, with batch normalisation kept apart.
    #expect(description.layers == 50)
  }

  @Test(arguments: ResNetSpec.names)
  func everyNameGivesASoundGraph(name: String) throws {
    let spec = try #require(ResNetSpec(named: name))
    #expect(spec.name == name)
    let graph = try spec.graph(weights: ZeroWeights())
    try graph.validate()
    let side = spec.inputSize
    let shapes = try graph.shapes(forInput: [2, 3, side, side])
    #expect(shapes[graph.outputs[0]] == [2, try #require(spec.classCount)])
    #expect(shapes["flatten"] == [2, spec.featureDimension])
  }

  @Test func unknownNamesAreRefused() {
    for name in ["", "resnet51", "ResNet50", "plain50", "cifar-resnet21", "cifar-resnet", "resnet50-thick"] {
      #expect(ResNetSpec(named: name) == nil)
    }
  }

  @Test func impossibleSpecsAreRefused() throws {
    let sound = TinySpec.basic
    var specs = [ResNetSpec](repeating: sound, count: 6)
    specs[0].depths = []
    specs[1].depths = [1]
    specs[2].depths = [0, 1]
    specs[3].filters = [8, .max]
    specs[4].stemFilters = 0
    specs[5].classCount = -1
    for spec in specs {
      #expect(throws: InferenceError.self) { try spec.graph(weights: ZeroWeights()) }
      #expect(throws: InferenceError.self) { try spec.describe() }
    }
  }

  @Test func theTableIsAligned() throws {
    let text = try #require(ResNetSpec(named: "resnet18")).describe().text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "resnet18: 18 layers, input 224×224, 512 features")
    let table = lines.dropFirst(3)
    #expect(table.count == 10)
    #expect(Set(table.map(\.count)).count == 1, "\(text)")
    #expect(table.contains { $0.hasPrefix("conv2_x") && $0.contains("3×3 max pool, stride 2, [3×3, 64; 3×3, 64] × 2") })
    #expect(table.last?.contains("11,689,512") == true)
  }

  @Test func randomWeightsFollowHe() throws {
    let initialization = HeInitialization(seed: 7)
    let shape = [32, 16, 3, 3]
    let values = initialization.values(named: "a.weight", shape: shape, role: .convolution)
    #expect(values == HeInitialization(seed: 7).values(named: "a.weight", shape: shape, role: .convolution))
    #expect(values != initialization.values(named: "b.weight", shape: shape, role: .convolution))
    #expect(values != HeInitialization(seed: 8).values(named: "a.weight", shape: shape, role: .convolution))
    let count = Double(values.count)
    let mean = values.reduce(0) { $0 + Double($1) } / count
    let variance = values.reduce(0) { $0 + Double($1) * Double($1) } / count - mean * mean
    let expected = 2.0 / Double(16 * 9)
    // Four standard errors of the estimates.
    #expect(abs(mean) < 4 * (expected / count).squareRoot())
    #expect(abs(variance / expected - 1) < 4 * (2 / count).squareRoot())
  }
}

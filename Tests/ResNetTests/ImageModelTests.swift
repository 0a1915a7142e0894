import Foundation
import ImageDecoding
import Inference
import Testing

@testable import ResNet

struct ImageModelTests {
  static let recipe = PreprocessingRecipe(
    shorterSide: 40, crop: 32, channelOrder: .rgb, scale: 1 / 255, mean: [0.5, 0.4, 0.3],
    standardDeviation: [0.25, 0.5, 0.2])

  static func picture(width: Int, height: Int, seed: UInt64 = 3) -> RGBImage {
    var generator = SeededGenerator(seed: seed)
    let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  static func batch(_ count: Int, side: Int, seed: UInt64 = 5) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(
      shape: [count, 3, side, side],
      values: (0..<count * 3 * side * side).map { _ in Float.random(in: -2...2, using: &generator) })
  }

  static func expectClose(
    _ left: Tensor?, _ right: Tensor?, tolerance: Float, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let left = try #require(left, sourceLocation: sourceLocation)
    let right = try #require(right, sourceLocation: sourceLocation)
    try #require(left.shape == right.shape, sourceLocation: sourceLocation)
    let largest = right.values.reduce(0) { max($0, abs($1)) }
    let difference = zip(left.values, right.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(largest > 0, sourceLocation: sourceLocation)
    #expect(difference <= tolerance * largest, sourceLocation: sourceLocation)
  }

  /// Every block, shortcut and stride on small pictures: both executors give the same.
  @Test func executorsAgreeOnEveryKindOfNetwork() throws {
    var specs = ["resnet18", "plain18", "cifar-resnet20", "cifar-plain20"].compactMap { ResNetSpec(named: $0) }
    for shortcut in [ResNetSpec.Shortcut.identity, .projectionWhereNeeded, .projectionEverywhere] {
      for stride in [ResNetSpec.BottleneckStride.pointwise, .spatial] {
        var spec = TinySpec.bottleneck
        (spec.shortcut, spec.bottleneckStride) = (shortcut, stride)
        specs.append(spec)
      }
      var basic = TinySpec.basic
      basic.shortcut = shortcut
      specs.append(basic)
    }
    for index in specs.indices {
      // Full widths would take debug builds seconds to fill with random numbers.
      specs[index].filters = specs[index].filters.indices.map { 4 << $0 }
      specs[index].stemFilters = 4
    }
    let input = Self.batch(2, side: 32)
    for spec in specs {
      let graph = try spec.graph(randomSeed: 11)
      let outputs = try ExecutorKind.allCases.map { kind in
        try ImageModel(graph: graph, recipe: Self.recipe, executor: kind, threads: 1).run(input)
      }
      #expect(outputs[0].features.shape == [2, spec.featureDimension])
      try Self.expectClose(outputs[0].features, outputs[1].features, tolerance: 1e-4)
      try Self.expectClose(outputs[0].logits, outputs[1].logits, tolerance: 1e-4)
    }
  }

  @Test func theFileAndItsGraphGiveTheSame() throws {
    let folder = try TemporaryFolder()
    let tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
    let input = Self.batch(3, side: 32)
    let expected = try ImageModel(graph: TinySpec.bottleneck.graph(randomSeed: 1), recipe: Self.recipe).run(input)

    // The same weights under torchvision's names, under Hugging Face's, and through the project's own writer.
    let plain = try folder.write(SafetensorsBytes(tensors).bytes)
    let renamed = tensors.map { (name: RecognitionTests.transformersName($0.name), $0.shape, $0.values) }
    let path = folder.path + "/transformers.safetensors"
    let writer = try SafetensorsWriter(path: path, tensors: renamed.map { ($0.name, $0.1) })
    for tensor in renamed { try writer.append(tensor.2) }
    try writer.finish()
    for file in [plain, path] {
      let model = try ImageModel(contentsOf: file, recipe: Self.recipe)
      #expect(model.featureDimension == 32)
      #expect(model.classCount == 5)
      #expect(model.spec?.depths == [2, 1])
      let output = try model.run(input)
      #expect(output.features == expected.features)
      #expect(output.logits == expected.logits)
    }
    #expect(try ImageModel(contentsOf: plain).recipe == .torchvision)
  }

  @Test(arguments: [(SafetensorsFile.DType.float16, Float(5e-3)), (.bfloat16, 4e-2), (.float64, 0)])
  func otherPrecisionsComeClose(dtype: SafetensorsFile.DType, tolerance: Float) throws {
    let folder = try TemporaryFolder()
    let tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
    let input = Self.batch(2, side: 32)
    let full = try ImageModel(contentsOf: folder.write(SafetensorsBytes(tensors).bytes), recipe: Self.recipe)
    let other = try ImageModel(
      contentsOf: folder.write(SafetensorsBytes(tensors, as: dtype).bytes), recipe: Self.recipe)
    try Self.expectClose(other.run(input).features, full.run(input).features, tolerance: tolerance)
  }

  @Test func aNetworkWithoutClassifierGivesFeatures() throws {
    var spec = TinySpec.basic
    let input = Self.batch(2, side: 32)
    let whole = try ImageModel(graph: spec.graph(randomSeed: 1), recipe: Self.recipe).run(input)
    spec.classCount = nil
    let folder = try TemporaryFolder()
    let path = try folder.write(SafetensorsBytes(CollectingWeights.tensors(of: spec)).bytes)
    let model = try ImageModel(contentsOf: path, recipe: Self.recipe)
    #expect(model.classCount == 0)
    #expect(model.featureDimension == 16)
    let output = try model.run(input)
    #expect(output.logits == nil)
    #expect(output.features.shape == [2, 16])
    try Self.expectClose(output.features, whole.features, tolerance: 1e-6)
  }

  @Test func softmaxAndChannelsLastAreTakenAway() throws {
    let graph = try TinySpec.basic.graph(randomSeed: 1)
    let input = Self.batch(2, side: 32)
    let expected = try ImageModel(graph: graph, recipe: Self.recipe).run(input)

    var classifier = graph
    classifier.nodes.append(Node(name: "softmax", operation: .softmax, inputs: ["fc"], output: "probabilities"))
    classifier.outputs = ["probabilities"]
    let output = try ImageModel(graph: classifier, recipe: Self.recipe).run(input)
    #expect(output.logits == expected.logits)

    // TensorFlow's order, with the transposition that its converter writes, and with the input read otherwise too.
    var channelsLast = graph
    channelsLast.inputShape = [nil, 32, 32, 3]
    channelsLast.nodes.insert(
      Node(name: "t", operation: .transpose(permutation: [0, 3, 1, 2]), inputs: ["input"], output: "t"), at: 0)
    channelsLast.nodes[1].inputs = ["t"]
    #expect(try ImageModel(graph: channelsLast, recipe: Self.recipe).run(input).features == expected.features)
    channelsLast.nodes.insert(Node(name: "r", operation: .relu, inputs: ["input"], output: "r"), at: 0)
    channelsLast.nodes[1].inputs = ["r"]
    var clipped = input
    clipped.values = clipped.values.map { max(0, $0) }
    let clippedOutput = try ImageModel(graph: graph, recipe: Self.recipe).run(clipped)
    let model = try ImageModel(graph: channelsLast, recipe: Self.recipe)
    try Self.expectClose(model.run(input).features, clippedOutput.features, tolerance: 1e-6)
  }

  @Test func inputSizesMustFit() throws {
    var graph = try TinySpec.basic.graph(randomSeed: 1)
    graph.inputShape = [nil, 3, 48, 48]
    let error = try #require(throws: WeightFileError.self) { try ImageModel(graph: graph, recipe: Self.recipe) }
    #expect(error.code == .wrongShape)
    #expect(error.reason.contains("48×48") && error.reason.contains("32×32"))
    for shape in [[nil, 4, 32, 32], [nil, 1, nil, nil], [nil, 3]] as [[Int?]] {
      graph.inputShape = shape
      let error = try #require(throws: WeightFileError.self) { try ImageModel(graph: graph, recipe: Self.recipe) }
      #expect(error.code == .unknownArchitecture)
    }
    let bare = Graph(
      input: "x", inputShape: [nil, 3, nil, nil],
      nodes: [Node(name: "r", operation: .relu, inputs: ["x"], output: "y")],
      outputs: ["y"])
    let none = try #require(throws: WeightFileError.self) { try ImageModel(graph: bare, recipe: Self.recipe) }
    #expect(none.code == .unknownArchitecture)
  }

  @Test func impossibleRecipesAreRefused() throws {
    let graph = try TinySpec.basic.graph(randomSeed: 1)
    var recipes = [PreprocessingRecipe](repeating: Self.recipe, count: 7)
    recipes[0].crop = 0
    recipes[1].crop = 1 << 40
    recipes[2].shorterSide = 31
    recipes[3].mean = [1]
    recipes[4].standardDeviation = [1, 0, 1]
    recipes[5].scale = .nan
    recipes[6].shorterSide = .max
    for recipe in recipes {
      let error = try #require(throws: WeightFileError.self) { try ImageModel(graph: graph, recipe: recipe) }
      #expect(error.code == .damaged)
    }
  }

  @Test func aBatchOfAnotherShapeIsAnError() throws {
    let model = try ImageModel(graph: TinySpec.basic.graph(randomSeed: 1), recipe: Self.recipe)
    #expect(throws: InferenceError.self) { try model.run(Tensor(zeros: [1, 4, 32, 32])) }
    #expect(throws: InferenceError.self) { try model.run(Tensor(zeros: [32, 32])) }
  }

  @Test func probabilitiesAreASoftmax() {
    let logits = Tensor(shape: [2, 3], values: [0, log(2), log(3), 1000, 1000, -1000])
    let found = ImageModel.probabilities(of: logits)
    #expect(found.shape == [2, 3])
    for (value, expected) in zip(found.values, [1.0 / 6, 2.0 / 6, 3.0 / 6, 0.5, 0.5, 0] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }
}

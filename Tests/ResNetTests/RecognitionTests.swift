import Inference
import Testing

@testable import ResNet

struct RecognitionTests {
  private typealias Tensors = [(name: String, shape: [Int], values: [Float])]

  private func network(_ tensors: Tensors, header: ((String) -> String)? = nil) throws -> NetworkFile {
    let folder = try TemporaryFolder()
    var file = SafetensorsBytes(tensors)
    if let header { file.header = header(file.header) }
    return try NetworkFile(SafetensorsFile(contentsOf: folder.write(file.bytes)))
  }

  private func failure(_ tensors: Tensors) throws -> WeightFileError {
    try #require(throws: WeightFileError.self) { try network(tensors).graph() }
  }

  /// Hugging Face's names for torchvision's.
  static func transformersName(_ name: String) -> String {
    var parts = name.split(separator: ".").map(String.init)
    let field = parts.removeLast()
    if parts == ["fc"] { return "classifier.1.\(field)" }
    if parts.count == 1 {
      return "resnet.embedder.embedder.\(parts[0].hasPrefix("conv") ? "convolution" : "normalization").\(field)"
    }
    let stage = (Int(parts[0].dropFirst(5)) ?? 0) - 1
    let block = "resnet.encoder.stages.\(stage).layers.\(parts[1])"
    if parts[2] == "downsample" {
      return "\(block).shortcut.\(parts[3] == "0" ? "convolution" : "normalization").\(field)"
    }
    let kind = parts[2].hasPrefix("conv") ? "convolution" : "normalization"
    return "\(block).layer.\((parts[2].last?.wholeNumberValue ?? 0) - 1).\(kind).\(field)"
  }

  @Test(arguments: [TinySpec.basic, TinySpec.bottleneck])
  func bothNamingsGiveOneGraph(spec: ResNetSpec) throws {
    let tensors = try CollectingWeights.tensors(of: spec)
    let expected = try spec.graph(randomSeed: 1)
    #expect(try network(tensors).graph() == expected)
    let renamed = tensors.map { (Self.transformersName($0.name), $0.shape, $0.values) }
    #expect(renamed.contains { $0.0 == "resnet.encoder.stages.1.layers.0.shortcut.normalization.running_var" })
    #expect(try network(renamed).graph() == expected)
    // ResNetModel: no classifier and no leading "resnet.".
    var features = spec
    features.classCount = nil
    let bare = renamed.filter { !$0.0.hasPrefix("classifier") }.map { (String($0.0.dropFirst(7)), $0.1, $0.2) }
    #expect(try network(bare).graph() == features.graph(randomSeed: 1))
  }

  @Test(arguments: ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet50-thin", "cifar-resnet56"])
  func namedNetworksAreRecognised(name: String) throws {
    let spec = try #require(ResNetSpec(named: name))
    for shortcut in [ResNetSpec.Shortcut.identity, .projectionWhereNeeded, .projectionEverywhere] {
      var variant = spec
      variant.shortcut = shortcut
      let shapes = ShapeCollector()
      _ = try variant.graph(weights: shapes)
      let found = try ResNetSpec(recognizing: shapes.shapes, path: "file")
      variant.bottleneckStride = .spatial
      #expect(found == variant)
    }
  }

  @Test func metadataCarriesWhatTensorsDoNotTell() throws {
    var plain = TinySpec.basic
    plain.shortcut = .none
    let tensors = try CollectingWeights.tensors(of: plain)
    #expect(try network(tensors).spec.shortcut == .identity)
    let json = """
      {"name":"mine","stem":"imageNet","stemFilters":8,"block":"basic","depths":[1,2],"filters":[8,16],\
      "shortcut":"none","bottleneckStride":"spatial","classCount":5}
      """.replacing("\"", with: "\\\"")
    let recipe =
      #"{\"shorterSide\":40,\"crop\":32,\"channelOrder\":\"bgr\",\"scale\":1,\"mean\":[1,2,3],"#
      + #"\"standardDeviation\":[1,1,1]}"#
    let declared = try network(tensors) { header in
      "{\"__metadata__\":{\"kindred.spec\":\"\(json)\",\"kindred.recipe\":\"\(recipe)\"}," + header.dropFirst()
    }
    #expect(declared.spec.shortcut == .none)
    #expect(declared.spec.name == "mine")
    #expect(try declared.graph() == plain.graph(randomSeed: 1))
    #expect(try declared.recipe().crop == 32)
    #expect(try declared.recipe().channelOrder == .bgr)
    #expect(try network(tensors).recipe() == .torchvision)

    for value in ["", "{}", json.replacing("basic", with: "cubic")] {
      let error = try #require(throws: WeightFileError.self) {
        try network(tensors) { "{\"__metadata__\":{\"kindred.spec\":\"\(value)\"}," + $0.dropFirst() }
      }
      #expect(error.code == .damaged)
      #expect(error.place == "kindred.spec")
    }
    let impossible = json.replacing("[1,2]", with: "[1,-2]")
    let error = try #require(throws: WeightFileError.self) {
      try network(tensors) { "{\"__metadata__\":{\"kindred.spec\":\"\(impossible)\"}," + $0.dropFirst() }.graph()
    }
    #expect(error.code == .damaged)
  }

  /// The stride of a bottleneck is in Hugging Face's configuration alone.
  @Test func theConfigurationBesideTheFileIsHeeded() throws {
    let tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
    let renamed = tensors.map { (Self.transformersName($0.name), $0.shape, $0.values) }
    let folder = try TemporaryFolder()
    func spec(_ configuration: String, _ tensors: Tensors) throws -> ResNetSpec {
      _ = try folder.write(Array(configuration.utf8), to: "config.json")
      return try NetworkFile(SafetensorsFile(contentsOf: folder.write(SafetensorsBytes(tensors).bytes))).spec
    }
    let pointwise = #"{"model_type":"resnet","downsample_in_bottleneck":true,"hidden_act":"relu"}"#
    #expect(try spec(pointwise, renamed).bottleneckStride == .pointwise)
    #expect(try spec(pointwise, tensors).bottleneckStride == .spatial)
    for other in [#"{"model_type":"resnet"}"#, #"{"downsample_in_bottleneck":true}"#, "{", "", "[1]"] {
      #expect(try spec(other, renamed).bottleneckStride == .spatial)
    }
    for different in [#""downsample_in_first_stage":true"#, #""hidden_act":"gelu""#] {
      let error = try #require(throws: WeightFileError.self) {
        try spec("{\"model_type\":\"resnet\",\(different)}", renamed)
      }
      #expect(error.code == .unknownArchitecture)
    }
  }

  @Test func missingTensorsAreNamed() throws {
    let tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
    for index in tensors.indices {
      var fewer = tensors
      let name = fewer.remove(at: index).name
      let error = try failure(fewer)
      if name == "conv1.weight" {
        #expect(error.code == .unknownArchitecture)
        #expect(error.reason.contains("no first convolution"))
      } else {
        #expect(error.code == .missingTensor, "\(name): \(error)")
        #expect(error.place == name)
      }
    }
  }

  @Test func wrongShapesAreNamedWithBothShapes() throws {
    let tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
    for index in tensors.indices {
      var changed = tensors
      let name = changed[index].name
      changed[index].shape[changed[index].shape.count - 1] += 1
      changed[index].values = [Float](repeating: 0, count: changed[index].shape.reduce(1, *))
      let error = try failure(changed)
      if name == "conv1.weight" {
        #expect(error.code == .unknownArchitecture)
      } else {
        #expect(error.code == .wrongShape, "\(name): \(error)")
        #expect(error.place == name)
        #expect(error.reason.contains("\(tensors[index].shape)"))
      }
      #expect(error.reason.contains("\(changed[index].shape)"))
    }
  }

  @Test func superfluousTensorsAreNamed() throws {
    let tensors = try CollectingWeights.tensors(of: TinySpec.basic)
    // PyTorch's counters are no weights.
    #expect(try network(tensors + [("bn1.num_batches_tracked", [], [7])]).spec == network(tensors).spec)
    _ = try network(tensors + [("bn1.num_batches_tracked", [], [7])]).graph()
    for name in ["extra.weight", "layer1.0.conv1.bias", "layer2.3.bn1.weight", "fc.scale"] {
      let error = try failure(tensors + [(name, [2, 2], [1, 2, 3, 4])])
      #expect(error.code == .unknownArchitecture)
      #expect(error.place == name)
      #expect(error.reason.contains("[2, 2]"))
    }
  }

  @Test func tensorsNamedTwiceAreDamage() throws {
    let renamed = try CollectingWeights.tensors(of: TinySpec.basic).map {
      (Self.transformersName($0.name), $0.shape, $0.values)
    }
    let error = try failure(renamed + [("embedder.embedder.convolution.weight", [1], [0])])
    #expect(error.code == .damaged)
  }

  /// Networks that look alike but compute something else.
  @Test func relativesAreRefusedByName() throws {
    func tensors(changing change: (inout Tensors) -> Void) throws -> Tensors {
      var tensors = try CollectingWeights.tensors(of: TinySpec.bottleneck)
      change(&tensors)
      return tensors
    }
    func replace(_ tensors: inout Tensors, _ name: String, shape: [Int]) {
      for index in tensors.indices where tensors[index].name == name {
        tensors[index] = (name, shape, [Float](repeating: 0, count: shape.reduce(1, *)))
      }
    }
    let cases: [(Tensors, String)] = [
      (try tensors { $0.append(("layer1.0.se.fc1.weight", [1], [0])) }, "squeeze"),
      (try tensors { $0[0].name = "conv1.0.weight" }, "ResNet-D"),
      (
        try tensors { tensors in
          for index in tensors.indices {
            tensors[index].name = tensors[index].name.replacing("downsample.1.", with: "downsample.2.")
              .replacing("downsample.0.", with: "downsample.1.")
          }
        }, "ResNet-D"
      ),
      (try tensors { replace(&$0, "layer1.0.conv2.weight", shape: [4, 2, 3, 3]) }, "ResNeXt"),
      (try tensors { replace(&$0, "layer1.0.conv3.weight", shape: [8, 4, 1, 1]) }, "wide"),
      (try tensors { replace(&$0, "conv1.weight", shape: [8, 1, 7, 7]) }, "first convolution"),
      ([("features.0.weight", [1], [0])], "no first convolution"),
    ]
    for (tensors, word) in cases {
      let error = try failure(tensors)
      #expect(error.code == .unknownArchitecture, "\(error)")
      #expect(error.reason.contains(word), "\(error)")
    }
  }
}

/// Remembers shapes and gives zeros.
private final class ShapeCollector: WeightSource {
  private(set) var shapes: [String: [Int]] = [:]
  private var zeros = ZeroWeights()

  func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
    shapes[name] = shape
    return zeros.values(named: name, shape: shape, role: role)
  }
}

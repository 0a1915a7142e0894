extension ResNetSpec {
  /// The network that tensors of these names (torchvision's) and shapes make up.
  ///
  /// Depth, block, filters, shortcut and classes are read off. What tensors do not tell is taken as torchvision has it:
  /// the stride of a bottleneck is on its 3×3, and blocks without a projection have an identity shortcut.
  ///
  /// - Throws: ``WeightFileError`` `unknownArchitecture` where the network is none of the paper's. Single tensors that do
  ///   not fit are found when the graph is built.
  init(recognizing shapes: [String: [Int]], path: String) throws(WeightFileError) {
    func shape(_ name: String, axes: Int) throws(WeightFileError) -> [Int] {
      guard let shape = shapes[name] else {
        throw WeightFileError(code: .missingTensor, path: path, place: name, reason: "there is no such tensor")
      }
      guard shape.count == axes, shape.allSatisfy({ $0 > 0 }) else {
        throw WeightFileError(
          code: .wrongShape, path: path, place: name, reason: "its shape is \(shape), where \(axes) axes are needed")
      }
      return shape
    }
    try Self.refuseRelatives(shapes, path: path)

    let stemShape = try shape("conv1.weight", axes: 4)
    let stem: Stem
    switch Array(stemShape[1...]) {
    case [3, 7, 7]: stem = .imageNet
    case [3, 3, 3]: stem = .cifar
    default:
      throw Self.unrecognized(
        path, place: "conv1.weight",
        "a first convolution of shape \(stemShape); the paper's are [filters, 3, 7, 7] and [filters, 3, 3, 3]")
    }

    // A block is there if any of its tensors is, so that a lost one is missed by its own name.
    let blocks = Set(shapes.keys.map { $0.split(separator: ".").prefix(2).joined(separator: ".") })
    var (depths, filters): ([Int], [Int]) = ([], [])
    while depths.count < 16, blocks.contains("layer\(depths.count + 1).0") {
      let stage = "layer\(depths.count + 1)"
      var depth = 1
      while blocks.contains("\(stage).\(depth)") { depth += 1 }
      depths.append(depth)
      filters.append(try shape("\(stage).0.conv1.weight", axes: 4)[0])
    }
    guard !depths.isEmpty else { throw Self.unrecognized(path, place: "layer1.0.conv1.weight", "it has no stages") }

    let startsPointwise = try shape("layer1.0.conv1.weight", axes: 4)[2...] == [1, 1]
    let block: Block = startsPointwise || shapes["layer1.0.conv3.weight"] != nil ? .bottleneck : .basic
    if block == .bottleneck {
      let middle = try shape("layer1.0.conv2.weight", axes: 4)
      guard middle[1] == filters[0] else {
        throw Self.unrecognized(
          path, place: "layer1.0.conv2.weight", "a convolution in groups, of shape \(middle), as in ResNeXt")
      }
      let last = try shape("layer1.0.conv3.weight", axes: 4)
      guard last[0] == filters[0] * block.expansion else {
        throw Self.unrecognized(
          path, place: "layer1.0.conv3.weight",
          "its \(last[0]) filters are not four times the \(filters[0]) of the 3×3, as in a wide ResNet")
      }
    }

    let hasClassifier = shapes["fc.weight"] != nil || shapes["fc.bias"] != nil
    self.init(
      name: "", stem: stem, stemFilters: stemShape[0], block: block, depths: depths, filters: filters,
      shortcut: Self.shortcut(of: shapes, depths: depths),
      classCount: hasClassifier ? try shape("fc.weight", axes: 2)[0] : nil)
    name = recognizedName
  }

  /// Every block projects, some do, or none.
  private static func shortcut(of shapes: [String: [Int]], depths: [Int]) -> Shortcut {
    var (projections, blocks) = (0, 0)
    for (stage, depth) in depths.enumerated() {
      for index in 0..<depth {
        blocks += 1
        if shapes["layer\(stage + 1).\(index).downsample.0.weight"] != nil { projections += 1 }
      }
    }
    if projections == blocks { return .projectionEverywhere }
    return projections > 0 ? .projectionWhereNeeded : .identity
  }

  /// Networks that descend from the paper's but compute something else.
  private static func refuseRelatives(_ shapes: [String: [Int]], path: String) throws(WeightFileError) {
    let signs: [(fragment: String, reason: String)] = [
      (".se.", "a squeeze-and-excitation layer (SE-ResNet)"),
      (".attn.", "an attention layer"),
      ("conv1.0.", "a stem of several convolutions (ResNet-D)"),
      ("downsample.2.", "a shortcut with its own pooling (ResNet-D)"),
    ]
    for (fragment, reason) in signs {
      if let name = shapes.keys.filter({ $0.contains(fragment) }).min() {
        throw unrecognized(path, place: name, reason)
      }
    }
    // timm's ResNet-D pools before the shortcut's convolution, which moves by one place.
    if let name = shapes.keys.filter({ $0.hasSuffix("downsample.1.weight") && shapes[$0]?.count == 4 }).min() {
      throw unrecognized(path, place: name, "a shortcut with its own pooling (ResNet-D)")
    }
  }

  static func unrecognized(_ path: String, place: String?, _ reason: String) -> WeightFileError {
    WeightFileError(
      code: .unknownArchitecture, path: path, place: place,
      reason: reason + "; Kindred runs the networks of He et al., \"Deep Residual Learning for Image Recognition\"")
  }

  /// The name of the known network with these sizes, or one that says the layers.
  private var recognizedName: String {
    for name in Self.names {
      guard let known = ResNetSpec(named: name), known.shortcut != .none else { continue }
      let same =
        known.stem == stem && known.stemFilters == stemFilters && known.block == block && known.depths == depths
        && known.filters == filters
      if same { return name }
    }
    return "resnet of \(layers) layers"
  }
}

import ResNet

/// What `kindred model describe` tells of a network.
public struct ModelDescription {
  public var network: NetworkDescription
  /// The table, with where the weights are when the name is a model's.
  public var text: String

  /// Describes an architecture by its name, or the network in a model's weight file.
  public static func describe(
    _ name: String, shortcut: ResNetSpec.Shortcut?, bottleneckStride: ResNetSpec.BottleneckStride?, inputSize: Int?,
    store: ModelStore = ModelStore()
  ) throws -> ModelDescription {
    let known = store.manifest.model(named: name)
    let architecture = known?.name ?? name
    if let spec = ResNetSpec(named: architecture, shortcut: shortcut, bottleneckStride: bottleneckStride) {
      let asked = shortcut != nil || bottleneckStride != nil
      guard !asked, let paper = paperSpec(architecture), paper != spec else {
        let network = try spec.describe(inputSize: inputSize)
        return ModelDescription(network: network, text: network.text)
      }
      let network = try paper.describe(inputSize: inputSize)
      let weights = try spec.describe(inputSize: inputSize)
      return ModelDescription(
        network: network,
        text: network.text + """


          This is the paper's network. Pretrained weights of this name are torchvision's variant, with
          \(weights.parameters.formatted()) parameters and \(weights.multiplyAdds.formatted()) multiply-adds:
          kindred model describe \(name) --shortcut B --stride 3
          """)
    }
    guard shortcut == nil, bottleneckStride == nil else {
      throw KindredError(
        .invalidArgument, place: name, reason: "shortcuts and strides can be chosen for an architecture only",
        remedy: "Architectures: \(ResNetSpec.names.joined(separator: ", ")).")
    }
    let reference = try reference(name, store: store)
    let network = try NetworkDescription(weightFile: reference.path, inputSize: inputSize)
    return ModelDescription(
      network: network, text: network.text + "\n\n\(reference.path)\nSHA-256 \(reference.sha256)")
  }

  /// Table 1 of the paper: identity shortcuts in networks of basic blocks (its first comparison), projections in those
  /// of bottlenecks, whose stride is on the 1×1 convolution.
  private static func paperSpec(_ name: String) -> ResNetSpec? {
    guard let spec = ResNetSpec(named: name), spec.stem == .imageNet, name.hasPrefix("resnet"), name != "resnet50-thin"
    else { return nil }
    return ResNetSpec(
      named: name, shortcut: spec.block == .basic ? .identity : .projectionWhereNeeded, bottleneckStride: .pointwise)
  }

  private static func reference(_ name: String, store: ModelStore) throws -> ModelReference {
    do {
      return try store.resolve(name)
    } catch {
      guard error.code == .unknownModel else { throw error }
      throw KindredError(
        .invalidArgument, place: name, reason: "neither an architecture nor a model",
        remedy: "Architectures: \(ResNetSpec.names.joined(separator: ", ")). Models: kindred model list")
    }
  }

  /// The paper's letter for a shortcut option.
  public static func shortcut(_ letter: String) -> ResNetSpec.Shortcut? {
    switch letter.uppercased() {
    case "A": .identity
    case "B": .projectionWhereNeeded
    case "C": .projectionEverywhere
    default: nil
    }
  }
}

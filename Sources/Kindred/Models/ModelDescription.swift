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
      let network = try spec.describe(inputSize: inputSize)
      return ModelDescription(network: network, text: network.text)
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

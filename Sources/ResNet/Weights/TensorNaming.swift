/// How a weight file names the tensors of a residual network.
enum TensorNaming: String, Sendable {
  /// `conv1.weight`, `layer1.0.bn2.running_mean`, `layer2.0.downsample.0.weight`, `fc.bias`: torchvision and timm.
  case torchvision
  /// `resnet.encoder.stages.0.layers.0.layer.1.normalization.running_mean`, `classifier.1.bias`: Hugging Face
  /// transformers, with the leading `resnet.` or (in a model without classifier) without.
  case transformers

  /// The naming of a file; `nil` where none fits.
  init?(of names: some Sequence<String>) {
    for name in names {
      if name == "conv1.weight" {
        self = .torchvision
        return
      }
      if name == "embedder.embedder.convolution.weight" || name == "resnet.embedder.embedder.convolution.weight" {
        self = .transformers
        return
      }
    }
    return nil
  }

  /// torchvision's name for a tensor of the file; a name that fits no pattern stays as it is.
  func canonicalName(of name: String) -> String {
    switch self {
    case .torchvision: name
    case .transformers: Self.fromTransformers(name) ?? name
    }
  }

  private static func fromTransformers(_ name: String) -> String? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
    if parts.first == "resnet" { parts = parts.dropFirst() }
    guard let field = parts.last else { return nil }
    let path = Array(parts.dropLast())
    switch path.count {
    case 2 where path == ["classifier", "1"]: return "fc.\(field)"
    case 3 where path[0...1] == ["embedder", "embedder"]:
      return layer(path[2], convolution: "conv1", normalization: "bn1").map { "\($0).\(field)" }
    case 7, 8:
      guard path[0...1] == ["encoder", "stages"], path[3] == "layers", let stage = Int(path[2]), stage < 16 else {
        return nil
      }
      let block = "layer\(stage + 1).\(path[4])"
      if path.count == 7, path[5] == "shortcut" {
        return layer(path[6], convolution: "downsample.0", normalization: "downsample.1").map {
          "\(block).\($0).\(field)"
        }
      }
      guard path.count == 8, path[5] == "layer", let index = Int(path[6]), index < 3 else { return nil }
      return layer(path[7], convolution: "conv\(index + 1)", normalization: "bn\(index + 1)").map {
        "\(block).\($0).\(field)"
      }
    default: return nil
    }
  }

  private static func layer(_ kind: Substring, convolution: String, normalization: String) -> String? {
    switch kind {
    case "convolution": convolution
    case "normalization": normalization
    default: nil
    }
  }
}

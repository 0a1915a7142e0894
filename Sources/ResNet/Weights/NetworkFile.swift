import Foundation
import Inference

/// A safetensors file that holds a residual network.
public struct NetworkFile: Sendable {
  public let file: SafetensorsFile
  /// The network that the names and shapes of the tensors describe.
  public let spec: ResNetSpec
  /// The file's name for each tensor, by torchvision's.
  let fileNames: [String: String]

  /// The metadata key under which a file may carry a ``ResNetSpec`` as JSON. Tensors alone do not tell a plain network
  /// from one with identity shortcuts, nor on which convolution a bottleneck has its stride.
  public static let specKey = "kindred.spec"
  /// The metadata key under which a file may carry a ``PreprocessingRecipe`` as JSON.
  public static let recipeKey = "kindred.recipe"

  /// Recognises the network of a file.
  /// - Throws: ``WeightFileError`` `unknownArchitecture` where no network of the paper fits, `damaged` for metadata that
  ///   can't be understood.
  public init(_ file: SafetensorsFile) throws(WeightFileError) {
    guard let naming = TensorNaming(of: file.names) else {
      throw ResNetSpec.unrecognized(
        file.path, place: nil,
        file.names.contains { $0.hasPrefix("conv1.") }
          ? "its stem has several convolutions (ResNet-D or the like), and the paper's has one"
          : "it has no first convolution named as torchvision or Hugging Face transformers name it")
    }
    var fileNames: [String: String] = [:]
    for name in file.names {
      let canonical = naming.canonicalName(of: name)
      if let other = fileNames.updateValue(name, forKey: canonical) {
        throw WeightFileError(
          code: .damaged, path: file.path, place: name, reason: "it means the same tensor as \(other)")
      }
    }
    self.file = file
    self.fileNames = fileNames
    if let declared: ResNetSpec = try Self.metadata(of: file, key: Self.specKey) {
      spec = declared
    } else {
      let shapes = fileNames.compactMapValues { file[$0]?.shape }
      var spec = try ResNetSpec(recognizing: shapes, path: file.path)
      if naming == .transformers { try TransformersConfiguration(beside: file.path)?.apply(to: &spec) }
      self.spec = spec
    }
  }

  /// The recipe that the file carries, or else the usual one for its network.
  public func recipe() throws(WeightFileError) -> PreprocessingRecipe {
    if let declared: PreprocessingRecipe = try Self.metadata(of: file, key: Self.recipeKey) { return declared }
    var recipe = PreprocessingRecipe.torchvision
    if spec.stem == .cifar { (recipe.shorterSide, recipe.crop) = (spec.inputSize, spec.inputSize) }
    return recipe
  }

  /// The network with the file's weights.
  /// - Throws: ``WeightFileError``, which names a tensor that is missing, superfluous, damaged or of another shape than
  ///   the network needs.
  public func graph() throws -> Graph {
    let reader = Reader(network: self)
    let graph: Graph
    do {
      graph = try spec.graph(weights: reader)
    } catch let error as InferenceError {
      throw WeightFileError(code: .damaged, path: file.path, place: error.place, reason: error.reason)
    }
    let superfluous = fileNames.filter { !reader.used.contains($0.key) && !$0.key.hasSuffix(".num_batches_tracked") }
    if let name = superfluous.values.min() {
      let shape = file[name]?.shape ?? []
      throw ResNetSpec.unrecognized(
        file.path, place: name, "a tensor of shape \(shape), and \(spec.name) has none of this name")
    }
    return graph
  }

  private static func metadata<Value: Decodable>(
    of file: SafetensorsFile, key: String
  ) throws(WeightFileError) -> Value? {
    guard let text = file.metadata[key] else { return nil }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw WeightFileError(
        code: .damaged, path: file.path, place: key, reason: "the metadata is not the JSON of a \(Value.self)")
    }
  }

  /// Hands out the file's tensors and remembers which.
  private final class Reader: WeightSource {
    let network: NetworkFile
    private(set) var used: Set<String> = []

    init(network: NetworkFile) {
      self.network = network
    }

    func values(named name: String, shape: [Int], role: WeightRole) throws -> [Float] {
      let (file, needed) = (network.file, "\(network.spec.name) needs \(shape)")
      guard let fileName = network.fileNames[name], let entry = file[fileName] else {
        throw WeightFileError(
          code: .missingTensor, path: file.path, place: name, reason: "there is no such tensor; \(needed)")
      }
      guard entry.shape == shape else {
        throw WeightFileError(
          code: .wrongShape, path: file.path, place: fileName, reason: "its shape is \(entry.shape), and \(needed)")
      }
      used.insert(name)
      return try file.floats(named: fileName)
    }
  }
}

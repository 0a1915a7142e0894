import Foundation
import ResNet

/// Real networks small enough to be made in a test: CIFAR-10's of 8 layers, with random weights.
enum TinyNetwork {
  static let featureDimension = 64

  /// Takes down what a network asks its weights for.
  private final class Recorder: WeightSource {
    private let source: HeInitialization
    var tensors: [(name: String, shape: [Int], values: [Float])] = []

    init(seed: UInt64) { source = HeInitialization(seed: seed) }

    func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
      let values = source.values(named: name, shape: shape, role: role)
      tensors.append((name, shape, values))
      return values
    }
  }

  /// Writes a network as a safetensors file.
  /// - Parameter recipe: what the file asks for itself, in its metadata.
  static func write(
    to path: String, seed: UInt64, classCount: Int? = 10, recipe: PreprocessingRecipe? = nil
  ) throws {
    var spec = ResNetSpec(cifarName: "tiny", blocks: 1)
    spec.classCount = classCount
    let recorder = Recorder(seed: seed)
    _ = try spec.graph(weights: recorder)
    var metadata = [NetworkFile.specKey: String(decoding: try JSONEncoder().encode(spec), as: UTF8.self)]
    if let recipe {
      metadata[NetworkFile.recipeKey] = String(decoding: try JSONEncoder().encode(recipe), as: UTF8.self)
    }
    let writer = try SafetensorsWriter(
      path: path, tensors: recorder.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
    for tensor in recorder.tensors { try writer.append(tensor.values) }
    try writer.finish()
  }
}

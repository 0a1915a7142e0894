import Foundation
import Kindred
import ResNet

/// A real network small enough to be made in a test: CIFAR-10's of 8 layers, with random weights.
enum TinyNetwork {
  /// Takes down what a network asks its weights for.
  private final class Recorder: WeightSource {
    private let source = HeInitialization(seed: 3)
    var tensors: [(name: String, shape: [Int], values: [Float])] = []

    func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
      let values = source.values(named: name, shape: shape, role: role)
      tensors.append((name, shape, values))
      return values
    }
  }

  /// A store with the network under the name `tiny`.
  static func store(in folder: String) async throws -> ModelStore {
    let path = folder + "/tiny.safetensors"
    let recipe = PreprocessingRecipe(
      shorterSide: 36, crop: 32, channelOrder: .rgb, scale: 1 / 255, mean: [0.5, 0.5, 0.5],
      standardDeviation: [0.25, 0.25, 0.25])
    var spec = ResNetSpec(cifarName: "tiny", blocks: 1)
    spec.classCount = 10
    let recorder = Recorder()
    _ = try spec.graph(weights: recorder)
    let metadata = [
      NetworkFile.specKey: String(decoding: try JSONEncoder().encode(spec), as: UTF8.self),
      NetworkFile.recipeKey: String(decoding: try JSONEncoder().encode(recipe), as: UTF8.self),
    ]
    let writer = try SafetensorsWriter(
      path: path, tensors: recorder.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
    for tensor in recorder.tensors { try writer.append(tensor.values) }
    try writer.finish()
    let store = ModelStore(directory: folder + "/models")
    try await store.import(path, name: "tiny")
    return store
  }
}

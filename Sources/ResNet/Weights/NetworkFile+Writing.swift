import Foundation

extension NetworkFile {
  /// Writes a network as a safetensors file with torchvision's names, and the spec and recipe in its metadata.
  /// - Parameters:
  ///   - spec: the network.
  ///   - weights: where its numbers come from; asked once for each tensor.
  ///   - recipe: the preprocessing that belongs to the weights.
  ///   - path: where the file will be; an existing one is replaced.
  /// - Throws: `InferenceError` where the spec contradicts itself, ``WeightFileError`` where writing fails, and whatever
  ///   `weights` throws.
  public static func write(
    _ spec: ResNetSpec, weights: some WeightSource, recipe: PreprocessingRecipe, to path: String
  ) throws {
    let layout = ShapeRecorder()
    _ = try spec.graph(weights: layout)
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let writer = try SafetensorsWriter(
      path: path, tensors: layout.tensors.map { ($0.name, $0.shape) },
      metadata: [specKey: json(spec), recipeKey: json(recipe)])
    var weights = weights
    for (name, shape, role) in layout.tensors {
      try writer.append(weights.values(named: name, shape: shape, role: role))
    }
    try writer.finish()
  }
}

/// Notes what a spec asks for, in order, and gives zeros.
final class ShapeRecorder: WeightSource {
  private(set) var tensors: [(name: String, shape: [Int], role: WeightRole)] = []
  private var zeros = ZeroWeights()

  func values(named name: String, shape: [Int], role: WeightRole) -> [Float] {
    tensors.append((name, shape, role))
    return zeros.values(named: name, shape: shape, role: role)
  }
}

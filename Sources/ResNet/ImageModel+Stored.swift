import Inference

// A network in int8 as bytes: a start reads these instead of the weight file, which is four times as large and would be
// decoded, optimised and rounded again.
extension ImageModel {
  /// What is stored beside the graph.
  struct StoredDescription: Codable {
    var recipe: PreprocessingRecipe
    var featureDimension: Int
    var classCount: Int
    var spec: ResNetSpec?
  }

  /// The network as ``init(stored:statistics:threads:)`` takes it; `nil` where it does not run in int8 by oneDNN. The
  /// bytes are for this processor and this version of Kindred.
  public func stored() throws(InferenceError) -> [UInt8]? {
    guard precision == .integer, let executor = executor as? OneDNNExecutor else { return nil }
    let description = StoredDescription(
      recipe: recipe, featureDimension: featureDimension, classCount: classCount, spec: spec)
    guard let json = FramedJSON.bytes(description) else { return nil }
    return try json + executor.graph.archived()
  }

  /// Prepares a network that ``stored()`` gave.
  /// - Parameters:
  ///   - bytes: what it gave, whole.
  ///   - statistics: those of its calibration.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  /// - Throws: `invalidGraph` for other bytes.
  public convenience init(
    stored bytes: ArraySlice<UInt8>, statistics: ActivationStatistics, threads: Int? = nil
  ) throws(InferenceError) {
    let damaged = InferenceError(code: .invalidGraph, reason: "the stored network is damaged")
    var rest = bytes
    guard let description = FramedJSON.take(StoredDescription.self, from: &rest),
      (try? description.recipe.validate(path: "")) != nil
    else { throw damaged }
    let graph = try Graph(archive: rest)
    let side = description.recipe.crop
    let shapes = try graph.shapes(forInput: [1, 3, side, side])
    guard (shapes[graph.outputs[0]] ?? []).reduce(1, *) == description.featureDimension else { throw damaged }
    try self.init(description, graph: graph, statistics: statistics, threads: threads)
  }

  /// - Throws: `unsupported` where only integers are left of the weights.
  func checkHasWeights() throws(InferenceError) {
    guard graph.hasAllWeights else {
      throw InferenceError(code: .unsupported, reason: "of this network only the weights in int8 are loaded")
    }
  }
}

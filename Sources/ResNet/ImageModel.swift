import ImageDecoding
import Inference

/// What a network said of a batch of pictures.
public struct ModelOutput: Sendable {
  /// The pooled penultimate-layer features, `[N, featureDimension]`, as the network gave them (not normalised).
  public var features: Tensor
  /// The last Linear's result, before any softmax, `[N, classes]`; `nil` for a network without a classifier.
  public var logits: Tensor?
}

/// A network ready to run: graph, weights, recipe and executor.
public final class ImageModel: Sendable {
  public let recipe: PreprocessingRecipe
  /// Numbers in a feature.
  public let featureDimension: Int
  /// Outputs of the classifier; 0 where there is none.
  public let classCount: Int

  /// Reads a weight file (safetensors or ONNX, told from its bytes) and prepares the network that it holds.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - recipe: the preprocessing; when `nil` the recipe that fits the file's kind.
  ///   - executor: the library that runs it.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  /// - Throws: ``WeightFileError`` for a file that is damaged or foreign, `InferenceError` for a graph that can't run.
  public init(
    contentsOf path: String, recipe: PreprocessingRecipe? = nil, executor: ExecutorKind = .oneDNN, threads: Int? = nil
  ) throws {
    throw WeightFileError(code: .notFound, path: path, reason: "stub")
  }

  /// Resizes, crops and normalises one picture.
  /// - Returns: `[3, crop, crop]`, flattened.
  public func prepare(_ image: RGBImage) -> [Float] { [] }

  /// Runs a batch of prepared pictures.
  /// - Parameter batch: `[N, 3, H, W]`.
  public func run(_ batch: Tensor) throws(InferenceError) -> ModelOutput {
    throw InferenceError(code: .unsupported, reason: "stub")
  }
}

import ImageDecoding
import Inference

/// What a network said of a batch of pictures.
public struct ModelOutput: Sendable {
  /// The pooled penultimate-layer features, `[N, featureDimension]`, as the network gave them (not normalised).
  public var features: Tensor
  /// The last Linear's result, before any softmax, `[N, classes]`; `nil` for a network without a classifier.
  public var logits: Tensor?

  public init(features: Tensor, logits: Tensor? = nil) {
    self.features = features
    self.logits = logits
  }
}

/// A network ready to run: graph, weights, recipe and executor.
///
/// ```swift
/// let model = try ImageModel(contentsOf: "resnet50.safetensors")
/// let picture = try ImageDecoder().decode(contentsOf: "dog.jpg").image
/// let side = model.recipe.crop
/// let output = try model.run(Tensor(shape: [1, 3, side, side], values: model.prepare(picture)))
/// print(output.features.shape)
/// ```
public final class ImageModel: Sendable {
  public let recipe: PreprocessingRecipe
  /// Numbers in a feature.
  public let featureDimension: Int
  /// Outputs of the classifier; 0 where there is none.
  public let classCount: Int
  /// The architecture that the weight file was recognised as; `nil` for a graph that came ready made.
  public let spec: ResNetSpec?
  /// The numbers between the layers.
  public let precision: Precision
  /// Optimised; its weights are the executor's own.
  let graph: Graph
  let kind: ExecutorKind
  private let threads: Int?
  let executor: any Executor
  let normalization: SampleNormalization

  /// Reads a weight file (safetensors or ONNX, told from its bytes) and prepares the network that it holds.
  ///
  /// The feature is the input of the last fully connected layer, or the last global average where there is none. A
  /// softmax after the last layer is left out.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - recipe: the preprocessing; when `nil` the one in the file's metadata, or else torchvision's; Caffe's for an
  ///     ONNX graph that takes pictures with the channels last.
  ///   - executor: the library that runs it.
  ///   - arithmetic: the numbers between the layers.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  /// - Throws: ``WeightFileError`` for a file that is damaged or foreign, or whose input has another size than the
  ///   recipe gives; `InferenceError` for a graph that can't run.
  public convenience init(
    contentsOf path: String, recipe: PreprocessingRecipe? = nil, executor: ExecutorKind = .oneDNN,
    arithmetic: Arithmetic = .single, threads: Int? = nil
  ) throws {
    switch try WeightFileFormat(of: path) {
    case .safetensors:
      let network = try NetworkFile(SafetensorsFile(contentsOf: path))
      let usual = try network.recipe()
      try self.init(
        graph: FeatureGraph(network.graph(), path: path), spec: network.spec, recipe: recipe ?? usual, path: path,
        executor: executor, arithmetic: arithmetic, threads: threads)
    case .onnx:
      let features = try FeatureGraph(ONNXImporter.graph(contentsOf: path), path: path)
      let usual = features.hadChannelsLast ? PreprocessingRecipe.caffe : .torchvision
      try self.init(
        graph: features, spec: nil, recipe: recipe ?? usual, path: path, executor: executor, arithmetic: arithmetic,
        threads: threads)
    }
  }

  /// Prepares a network that is already a graph, such as ``ResNetSpec/graph(randomSeed:)`` gives.
  /// - Parameters:
  ///   - graph: from pictures `[N, 3, H, W]` (or `[N, H, W, 3]`) to class scores or pooled features.
  ///   - recipe: the preprocessing.
  ///   - name: what errors call the graph.
  ///   - executor: the library that runs it.
  ///   - arithmetic: the numbers between the layers.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  public convenience init(
    graph: Graph, recipe: PreprocessingRecipe, name: String = "graph", executor: ExecutorKind = .oneDNN,
    arithmetic: Arithmetic = .single, threads: Int? = nil
  ) throws {
    try self.init(
      graph: FeatureGraph(graph, path: name), spec: nil, recipe: recipe, path: name, executor: executor,
      arithmetic: arithmetic, threads: threads)
  }

  private init(
    graph features: FeatureGraph, spec: ResNetSpec?, recipe: PreprocessingRecipe, path: String,
    executor: ExecutorKind, arithmetic: Arithmetic, threads: Int?
  ) throws {
    try recipe.validate(path: path)
    try features.checkInputSize(recipe.crop, path: path)
    self.recipe = recipe
    self.spec = spec
    classCount = features.classCount
    featureDimension = try features.featureDimension(crop: recipe.crop)
    normalization = SampleNormalization(recipe)
    graph = try features.graph.optimized()
    kind = executor
    self.threads = threads
    precision = arithmetic.precision
    self.executor = try executor.makeExecutor(forOptimized: graph, arithmetic: arithmetic, threads: threads)
  }

  /// The same network in other numbers. Weights are shared until they are brought into the kernels' form.
  /// - Throws: `InferenceError` where the library or the processor does not have them, and for a model that
  ///   ``init(stored:statistics:threads:)`` made.
  public convenience init(_ model: ImageModel, arithmetic: Arithmetic) throws(InferenceError) {
    try model.checkHasWeights()
    try self.init(
      model,
      executor: model.kind.makeExecutor(forOptimized: model.graph, arithmetic: arithmetic, threads: model.threads),
      precision: arithmetic.precision)
  }

  private init(_ model: ImageModel, executor: any Executor, precision: Precision) throws(InferenceError) {
    (recipe, featureDimension, classCount) = (model.recipe, model.featureDimension, model.classCount)
    (spec, graph, kind, threads) = (model.spec, model.graph, model.kind, model.threads)
    normalization = model.normalization
    self.executor = executor
    self.precision = precision
  }

  init(
    _ description: StoredDescription, graph: Graph, statistics: ActivationStatistics, threads: Int?
  ) throws(InferenceError) {
    (recipe, featureDimension, classCount) = (description.recipe, description.featureDimension, description.classCount)
    (spec, kind, self.threads, self.graph) = (description.spec, .oneDNN, threads, graph)
    normalization = SampleNormalization(description.recipe)
    precision = .integer
    executor = try OneDNNExecutor(graph: graph, arithmetic: .integer(statistics), threads: threads)
  }

  /// Whether the library that runs it knows int8.
  public var canUseIntegers: Bool { kind == .oneDNN }

  /// Finds the ranges that int8 takes from batches of prepared pictures.
  public func makeActivationObserver() throws(InferenceError) -> ActivationObserver {
    try checkHasWeights()
    return try ActivationObserver(graph: graph, threads: threads)
  }

  /// Runs a batch of prepared pictures.
  /// - Parameter batch: `[N, 3, H, W]`.
  public func run(_ batch: Tensor) throws(InferenceError) -> ModelOutput {
    let outputs = try executor.run(batch)
    guard let features = outputs.first, let count = batch.shape.first,
      features.values.count == count * featureDimension
    else {
      throw InferenceError(
        code: .shapeMismatch, reason: "a batch of \(batch.shape) gave features of \(outputs.first?.shape ?? [])")
    }
    return ModelOutput(
      features: Tensor(shape: [count, featureDimension], values: features.values),
      logits: outputs.count > 1 ? outputs[1] : nil)
  }

  /// The classes' probabilities, `[N, classes]`, by the softmax of the classifier's result.
  public static func probabilities(of logits: Tensor) -> Tensor {
    guard let classes = logits.shape.last, classes > 0 else { return logits }
    var result = logits
    result.values.withUnsafeMutableBufferPointer { values in
      var start = 0
      while start < values.count {
        let row = UnsafeMutableBufferPointer(rebasing: values[start..<start + classes])
        // The largest score is taken off first, so that no exponential overflows.
        let largest = row.max() ?? 0
        var sum: Float = 0
        for index in row.indices {
          row[index] = exponential(row[index] - largest)
          sum += row[index]
        }
        for index in row.indices { row[index] /= sum }
        start += classes
      }
    }
    return result
  }
}

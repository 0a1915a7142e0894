import Foundation
import ImageDecoding
import Inference
import ResNet
import Synchronization
import VectorIndex

/// What `kindred evaluate` measures.
public struct EvaluationOptions: Sendable {
  /// Whether to measure the classifier too.
  public var classifies = false
  /// Views that class scores are averaged over: 1, or the paper's 10.
  public var crops = 1
  /// How embeddings are made; the mean is learnt from the pictures that are measured.
  public var recipe = RecipeChoice(.plain)
  public var decoding = DecodingOptions.Path.exact
  public var batchSize = 16
  /// Pictures of more pixels are skipped.
  public var maximumPixels = 100_000_000
  public init() {}
}

/// What `kindred evaluate` found.
public struct EvaluationResult: Sendable, Equatable {
  /// `nil` when the pictures have fewer than two labels.
  public var retrieval: RetrievalMetrics?
  /// Shares of pictures whose class is the likeliest, or among the five likeliest.
  public var top1: Double?
  public var top5: Double?
  /// Pictures that were measured.
  public var count: Int
  /// Pictures whose class is known, when classifying.
  public var classifiedCount: Int?
  /// How long everything took for all pictures: reading, decoding, the network.
  public var seconds: Double
  /// How long the network took of that.
  public var networkSeconds: Double
  public var skipped: [IndexSummary.SkippedFile]
}

/// Measures a network on a folder of labelled pictures.
public struct Evaluator {
  let model: ImageModel
  let options: EvaluationOptions
  let report: (Int, Int) -> Void

  public init(
    model: ImageModel, options: EvaluationOptions = EvaluationOptions(),
    report: @escaping (Int, Int) -> Void = { _, _ in }
  ) {
    self.model = model
    self.options = options
    self.report = report
  }

  /// Folder names are the truth for retrieval; for classes, a WordNet identifier or class name as the folder's name, or
  /// a WordNet identifier at the start of the file's name.
  public func run(folder: String) throws -> EvaluationResult {
    guard [1, 10].contains(options.crops) else {
      throw KindredError(.invalidArgument, place: "--crops \(options.crops)", reason: "must be 1 or 10")
    }
    if options.classifies, model.classCount != ImageNetClasses.all.count {
      throw KindredError(
        .invalidArgument, place: "--classify", reason: "this model has no ImageNet classifier",
        remedy: "Use one that has, such as --model resnet50.")
    }
    let files = try FolderWalker().walk([folder]).files
    guard !files.isEmpty else {
      throw KindredError(.unreadableFolder, place: folder, reason: "there are no files in this folder")
    }
    let temporary = FileManager.default.temporaryDirectory.appendingPathComponent(
      "kindred-evaluate-\(UUID().uuidString).f32"
    ).path
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let classCount = model.classCount == ImageNetClasses.all.count ? model.classCount : 0
    let recipe = options.recipe.recipe(classCount: classCount)
    let embedder = Embedder(model: model, views: recipe.views)
    let features = try FeatureFile.create(
      path: temporary,
      layout: RowLayout(
        dimension: model.featureDimension, viewCount: recipe.views.count, classCount: classCount,
        keptClasses: classCount > 0 ? CollectionSettings.usualKeptClasses : 0))

    var labels: [String] = []
    var skipped: [IndexSummary.SkippedFile] = []
    var networkSeconds = 0.0
    var hits1 = 0
    var hits5 = 0
    var classified = 0
    var completed = 0
    report(0, files.count)
    let begin = ContinuousClock.now
    for start in stride(from: 0, to: files.count, by: options.batchSize) {
      let batch = Array(files[start..<min(start + options.batchSize, files.count)])
      let prepared = decode(batch, embedder)
      var inputs: [Float] = []
      var crops: [Float] = []
      var paths: [String] = []
      for (file, outcome) in zip(batch, prepared) {
        switch outcome {
        case .success(let views):
          inputs += views.inputs
          crops += views.tenCrop
          paths.append(file.path)
        case .failure(let error):
          guard error.code != .notAPicture else { continue }
          skipped.append(.init(path: file.path, code: error.code.rawValue, reason: error.reason))
        }
      }
      completed += batch.count
      report(completed, files.count)
      guard !paths.isEmpty else { continue }
      let start = ContinuousClock.now
      let embeddings = try embedder.embed(prepared: inputs, count: paths.count)
      networkSeconds += (ContinuousClock.now - start).seconds
      try features.append(embeddings)
      labels += paths.map { (($0 as NSString).deletingLastPathComponent as NSString).lastPathComponent }
      guard options.classifies else { continue }
      let likeliest =
        options.crops == 1
        ? embeddings.map { $0.views[0].classes.prefix(5).map(\.index) } : try tenCropClasses(crops, count: paths.count)
      for (path, best) in zip(paths, likeliest) {
        guard let expected = ClassTruth.classIndex(of: path) else { continue }
        classified += 1
        if best.first == expected { hits1 += 1 }
        if best.contains(expected) { hits5 += 1 }
      }
    }
    let seconds = (ContinuousClock.now - begin).seconds
    guard !labels.isEmpty else {
      throw KindredError(
        .unreadableFolder, place: folder, reason: "none of the \(files.count) files is a picture that can be read")
    }
    if options.classifies, classified == 0 {
      throw KindredError(
        .invalidArgument, place: folder, reason: "no picture here tells its ImageNet class",
        remedy: "Name folders by class (\"tench\" or n01440764), or files like n01440764_tench.JPEG.")
    }
    let composition = try EmbeddingComposition(
      recipe, of: embedder.views,
      mean: recipe.similarity == .centered && labels.count > 1
        ? EmbeddingRows(features, EmbeddingComposition(recipe, of: embedder.views, mean: nil)).mean(
          ofRows: Array(labels.indices)) : nil)
    let retrieval =
      try Set(labels).count > 1
      ? RetrievalMetrics.measure(embeddings: EmbeddingRows(features, composition), labels: labels) : nil
    return EvaluationResult(
      retrieval: retrieval, top1: options.classifies ? Double(hits1) / Double(classified) : nil,
      top5: options.classifies ? Double(hits5) / Double(classified) : nil, count: labels.count,
      classifiedCount: options.classifies ? classified : nil, seconds: seconds, networkSeconds: networkSeconds,
      skipped: skipped)
  }

  private struct Views: Sendable {
    var inputs: [Float]
    var tenCrop: [Float]
  }

  /// Decodes a batch on all processors.
  private func decode(_ files: [WalkedFile], _ embedder: Embedder) -> [Result<Views, ImageDecodingError>] {
    let decoder = ImageDecoder(
      options: DecodingOptions(
        path: options.decoding, minimumShorterSide: model.recipe.shorterSide, maximumPixels: options.maximumPixels))
    let model = model
    let wantsTen = options.classifies && options.crops == 10
    let outcomes = Mutex<[Result<Views, ImageDecodingError>?]>(Array(repeating: nil, count: files.count))
    DispatchQueue.concurrentPerform(iterations: files.count) { index in
      let outcome: Result<Views, ImageDecodingError>
      do throws(ImageDecodingError) {
        try decoder.checkFormat(contentsOf: files[index].path)
        let path = files[index].path
        if wantsTen {
          let image = try decoder.decode(contentsOf: path).image
          outcome = .success(Views(inputs: embedder.prepare(image), tenCrop: model.prepareTenCrop(image)))
        } else {
          let prepared = try embedder.prepare(decoder.read(contentsOf: path), name: path, decoder: decoder)
          outcome = .success(Views(inputs: prepared.input, tenCrop: []))
        }
      } catch {
        outcome = .failure(error)
      }
      outcomes.withLock { $0[index] = outcome }
    }
    return outcomes.withLock { $0.compactMap { $0 } }
  }

  /// The five likeliest classes of each picture by the mean of its ten crops' probabilities, likeliest first.
  private func tenCropClasses(_ crops: [Float], count: Int) throws -> [[Int]] {
    let side = model.recipe.crop
    let logits = try model.run(Tensor(shape: [count * 10, 3, side, side], values: crops)).logits
    guard let probabilities = logits.map({ ImageModel.probabilities(of: $0).rows }) else { return [] }
    return (0..<count).map { index in
      var mean = [Float](repeating: 0, count: model.classCount)
      for view in 0..<10 { VectorMath.add(probabilities[index * 10 + view], weight: 0.1, to: &mean) }
      return ClassProbability.likeliest(mean, count: 5).map(\.index)
    }
  }
}

/// Tells a picture's ImageNet class from where it lies.
enum ClassTruth {
  static func classIndex(of path: String) -> Int? {
    let name = (path as NSString).lastPathComponent
    if let prefix = name.split(separator: "_").first, let index = ImageNetClasses.index(wordNetID: String(prefix)) {
      return index
    }
    let folder = ((path as NSString).deletingLastPathComponent as NSString).lastPathComponent
    return ImageNetClasses.index(wordNetID: folder)
      ?? ImageNetClasses.indices(named: folder.replacing("_", with: " ")).first
  }
}

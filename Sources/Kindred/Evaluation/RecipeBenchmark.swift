import Foundation
import Inference
import ResNet

/// How fast a network makes embeddings by a recipe on this machine, and how good they are.
public struct RecipeMeasurement: Sendable, Equatable {
  public var recipe: RecipeChoice
  public var views: Int
  /// Images a second through the network; the median of the runs where nothing was decoded.
  public var networkRate: Double
  /// Images a second from file to embedding; `nil` where no folder was given.
  public var rate: Double?
  /// `nil` where no folder was given, or it has fewer than two labels.
  public var retrieval: RetrievalMetrics?
}

/// Measures recipes one after the other.
public struct RecipeBenchmark {
  let model: ImageModel
  let options: EvaluationOptions

  /// Batches that are timed where there are no pictures, after those that oneDNN needs to settle on its plans.
  private static let (warmUp, timed) = (6, 9)

  public init(model: ImageModel, options: EvaluationOptions = EvaluationOptions()) {
    self.model = model
    self.options = options
  }

  /// - Parameters:
  ///   - recipe: the recipe.
  ///   - folder: pictures whose folders' names are the truth; without it the network is timed alone.
  ///   - report: told how many pictures are done, of how many.
  public func measure(
    _ recipe: RecipeChoice, folder: String?, report: @escaping (Int, Int) -> Void = { _, _ in }
  ) throws -> RecipeMeasurement {
    let classCount = model.classCount == ImageNetClasses.all.count ? model.classCount : 0
    let views = recipe.recipe(classCount: classCount).views
    let embedder = Embedder(model: model, views: views)
    let side = model.recipe.crop
    let batch = options.batchSize
    // What the numbers are does not change how long the network takes.
    let inputs = [Float](repeating: 0.5, count: batch * views.count * 3 * side * side)
    func run() throws -> Double {
      let start = ContinuousClock.now
      _ = try embedder.embed(prepared: inputs, count: batch)
      return (ContinuousClock.now - start).seconds
    }
    for _ in 0..<Self.warmUp { _ = try run() }
    if let folder {
      var options = options
      options.recipe = recipe
      let result = try Evaluator(model: model, options: options, report: report).run(folder: folder)
      return RecipeMeasurement(
        recipe: recipe, views: views.count, networkRate: Double(result.count) / result.networkSeconds,
        rate: Double(result.count) / result.seconds, retrieval: result.retrieval)
    }
    var seconds: [Double] = []
    for number in 0..<Self.timed {
      report(number, Self.timed)
      seconds.append(try run())
    }
    seconds.sort()
    return RecipeMeasurement(
      recipe: recipe, views: views.count, networkRate: Double(batch) / seconds[seconds.count / 2])
  }
}

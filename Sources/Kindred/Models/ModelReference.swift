import Inference
import ResNet

/// A model's file on this machine, and what is needed to run it.
public struct ModelReference: Sendable, Codable, Equatable {
  /// The model's name in the store; for a file outside it, the file's name.
  public var name: String
  /// The weight file's path.
  public var path: String
  /// The weight file's SHA-256 in hexadecimal digits: the model's identity.
  public var sha256: String
  /// The preprocessing; `nil` for the one that the file itself asks for.
  public var recipe: ModelRecipe?
  /// What the classifier tells apart; `nil` where only opening the file can tell.
  public var classifier: ClassifierKind?

  public init(name: String, path: String, sha256: String, recipe: ModelRecipe?, classifier: ClassifierKind? = nil) {
    self.name = name
    self.path = path
    self.sha256 = sha256
    self.recipe = recipe
    self.classifier = classifier
  }

  /// Opens the weight file and prepares the network.
  /// - Parameters:
  ///   - executor: the library that runs it.
  ///   - precision: the numbers between the layers.
  ///   - store: where the model's calibration is looked for.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  /// - Throws: what `ImageModel.init(contentsOf:recipe:executor:arithmetic:threads:)` throws, and
  ///   ``KindredError/Code/notCalibrated`` for int8 without a calibration.
  public func load(
    executor: ExecutorKind = .oneDNN, precision: PrecisionChoice = .single, store: ModelStore = ModelStore(),
    threads: Int? = nil
  ) throws -> ImageModel {
    // Of a network in int8 there may be all that is needed beside its calibration.
    let known = store.calibration(sha256: sha256)
    if executor == .oneDNN, let calibration = known,
      case .integer(let statistics)? = try? precision.arithmetic(
        calibration: calibration, executor: executor, name: name),
      let model = store.storedNetwork(self, statistics: statistics, threads: threads),
      model.recipe == calibration.preprocessing
    {
      return model
    }
    let model = try ImageModel(contentsOf: path, recipe: recipe?.preprocessing, executor: executor, threads: threads)
    let calibration = known?.preprocessing == model.recipe ? known : nil
    let arithmetic = try precision.arithmetic(calibration: calibration, executor: executor, name: name)
    // Nothing has been prepared for single precision yet: that happens with the first picture.
    guard arithmetic != .single else { return model }
    let prepared = try ImageModel(model, arithmetic: arithmetic)
    if case .integer(let statistics) = arithmetic { store.keep(prepared, of: self, statistics: statistics) }
    return prepared
  }
}

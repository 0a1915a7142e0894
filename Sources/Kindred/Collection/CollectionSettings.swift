import ImageDecoding
import ResNet
import VectorIndex

/// What a collection is made with. It never changes after the collection is made, since every feature depends on it.
public struct CollectionSettings: Sendable, Equatable, Codable {
  /// The network that made the features.
  public struct Model: Sendable, Equatable, Codable {
    /// The name in the model store, or the weight file's name.
    public var name: String
    /// Where the weight file was when the collection was made.
    public var path: String?
    /// Of the weight file, 64 hexadecimal digits: what decides whether two models are one.
    public var sha256: String
    public var preprocessing: PreprocessingRecipe
    /// Numbers in a feature.
    public var featureDimension: Int
    /// Outputs of the classifier, 0 where there is none.
    public var classCount: Int

    /// Whether the classifier's classes are ImageNet's thousand.
    public var hasImageNetClasses: Bool { classCount == ImageNetClasses.all.count }

    public init(
      name: String, path: String? = nil, sha256: String, preprocessing: PreprocessingRecipe, featureDimension: Int,
      classCount: Int
    ) {
      self.name = name
      self.path = path
      self.sha256 = sha256
      self.preprocessing = preprocessing
      self.featureDimension = featureDimension
      self.classCount = classCount
    }
  }

  /// What of each picture is stored.
  public struct Features: Sendable, Equatable, Codable {
    /// Views that the network looks at; the pooled feature of each is kept.
    public var views: [PictureView]
    /// Probabilities of the likeliest classes that are kept of each view.
    public var keptClasses: Int

    public init(views: [PictureView], keptClasses: Int) {
      self.views = views
      self.keptClasses = keptClasses
    }
  }

  /// `nil` in a collection of vectors that others made.
  public var model: Model?
  /// `nil` in a collection of vectors, and where the one feature of a centre crop is stored in single precision, as the
  /// first version of the format did.
  public var features: Features?
  public var decoding: DecodingOptions.Path
  public var graph: HNSWParameters

  /// Whether the numbers are such as Kindred writes.
  var isUsable: Bool {
    let isGraphUsable = (2...128).contains(graph.m) && (4...4096).contains(graph.efConstruction)
    guard let model else { return isGraphUsable }
    if let features {
      guard RowLayout.viewCounts.contains(features.views.count), Set(features.views).count == features.views.count,
        (0...min(64, model.classCount)).contains(features.keptClasses)
      else { return false }
    }
    return isGraphUsable && FeatureFile.dimensions.contains(model.featureDimension)
      && (0...1_000_000).contains(model.classCount) && (1...65_536).contains(model.preprocessing.shorterSide)
      && (1...65_536).contains(model.preprocessing.crop)
  }

  public init(
    model: Model?, features: Features? = nil,
    decoding: DecodingOptions.Path = .exact, graph: HNSWParameters = HNSWParameters()
  ) {
    self.model = model
    self.features = features
    self.decoding = decoding
    self.graph = graph
  }

  /// Probabilities that are kept of each view.
  public static let usualKeptClasses = 32

  /// The settings of a new collection of pictures.
  /// - Parameters:
  ///   - model: the network.
  ///   - recipe: its views are stored.
  ///   - decoding: how pictures are decoded.
  ///   - graph: the graph's parameters.
  public init(
    model: Model, recipe: EmbeddingRecipe, decoding: DecodingOptions.Path = .exact,
    graph: HNSWParameters = HNSWParameters()
  ) {
    self.init(
      model: model,
      features: Features(views: recipe.views, keptClasses: model.hasImageNetClasses ? Self.usualKeptClasses : 0),
      decoding: decoding, graph: graph)
  }

  /// The views that the network looks at.
  public var views: [PictureView] { features?.views ?? [.crop] }

  /// What a row of the feature file holds; `nil` in a collection of vectors, whose first vector decides.
  var layout: RowLayout? {
    guard let model else { return nil }
    guard let features else { return RowLayout(dimension: model.featureDimension) }
    return RowLayout(
      dimension: model.featureDimension, viewCount: features.views.count,
      classCount: features.keptClasses > 0 ? model.classCount : 0, keptClasses: features.keptClasses)
  }
}

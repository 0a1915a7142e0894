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

  /// How features become an embedding.
  public enum EmbeddingRecipe: String, Sendable, Codable {
    /// One centre crop, the pooled feature, L2-normalised.
    case plain
  }

  /// How embeddings are compared.
  public enum Similarity: String, Sendable, Codable { case cosine }

  /// `nil` in a collection of vectors that others made.
  public var model: Model?
  public var embedding: EmbeddingRecipe
  public var similarity: Similarity
  public var decoding: DecodingOptions.Path
  public var graph: HNSWParameters

  /// Whether the numbers are such as Kindred writes.
  var isUsable: Bool {
    let isGraphUsable = (2...128).contains(graph.m) && (4...4096).contains(graph.efConstruction)
    guard let model else { return isGraphUsable }
    return isGraphUsable && FeatureFile.dimensions.contains(model.featureDimension)
      && (0...1_000_000).contains(model.classCount) && (1...65_536).contains(model.preprocessing.shorterSide)
      && (1...65_536).contains(model.preprocessing.crop)
  }

  public init(
    model: Model?, embedding: EmbeddingRecipe = .plain, similarity: Similarity = .cosine,
    decoding: DecodingOptions.Path = .exact, graph: HNSWParameters = HNSWParameters()
  ) {
    self.model = model
    self.embedding = embedding
    self.similarity = similarity
    self.decoding = decoding
    self.graph = graph
  }
}

import ResNet

/// How an image's embedding is made of what the network said of it, and how embeddings are compared.
///
/// A collection stores what the network said of each view, so its recipe can change to any that needs no other views.
public struct EmbeddingRecipe: Sendable, Equatable, Codable {
  /// How embeddings are compared.
  public enum Similarity: String, Sendable, Codable, CaseIterable {
    case cosine
    /// Cosine after the mean of the collection's embeddings is taken away, once there are
    /// ``EmbeddingRecipe/leastImagesToCenter`` images to learn it from; plain cosine before.
    case centered
  }

  /// Views whose pooled features are averaged; one or more, all different.
  public var views: [PictureView]
  /// Weight of the square roots of the classes' probabilities, which are appended to the averaged and L2-normalised
  /// feature; 0 leaves them out, and so does a network without an ImageNet classifier.
  public var classWeight: Float
  public var similarity: Similarity

  public init(views: [PictureView], classWeight: Float, similarity: Similarity) {
    self.views = views
    self.classWeight = classWeight
    self.similarity = similarity
  }

  /// Distinct contents from which a collection's mean is learnt. With so many it never made rankings worse, on any set
  /// or network (docs/quality.md).
  public static let leastImagesToCenter = 200

  /// A recipe that has a name.
  public enum Name: String, Sendable, CaseIterable, Codable {
    /// One centre crop, the pooled feature, cosine: what the paper and the peers evaluate.
    case plain
    /// One view, with all that costs no time.
    case fast
    /// The centre crop, and the whole picture whatever its shape: twice the work.
    case balanced
    /// The views of ``balanced`` and their mirror images: four times the work, the highest mean average precision on
    /// photos.
    case best
  }

  /// What a person gets who says nothing.
  public static let standard = EmbeddingRecipe.Name.balanced

  /// - Parameters:
  ///   - name: one of the named recipes.
  ///   - classCount: classes of the network's ImageNet classifier; 0 where it has none.
  public init(_ name: Name, classCount: Int) {
    let weight: Float = classCount > 0 ? Self.usualClassWeight : 0
    switch name {
    case .plain: self.init(views: [.crop], classWeight: 0, similarity: .cosine)
    case .fast: self.init(views: [.crop], classWeight: weight, similarity: .centered)
    case .balanced: self.init(views: [.crop, .squash], classWeight: weight, similarity: .centered)
    case .best: self.init(views: PictureView.allCases, classWeight: weight, similarity: .centered)
    }
  }

  /// The weight that gained on photos and lost least on drawings (docs/quality.md).
  public static let usualClassWeight: Float = 0.5

  /// A recipe for a network's embeddings.
  public init(_ name: Name, for model: CollectionSettings.Model) {
    self.init(name, classCount: model.hasImageNetClasses ? model.classCount : 0)
  }

  /// The name of a recipe for a network, where it has one.
  public func name(for model: CollectionSettings.Model) -> Name? {
    Name.allCases.first { EmbeddingRecipe($0, for: model) == self }
  }

  /// In words: the name, or else what it is made of.
  public func description(for model: CollectionSettings.Model) -> String {
    let parts =
      views.map(\.rawValue).joined(separator: " + ")
      + (classWeight > 0 ? ", classes × \(classWeight)" : "")
      + (similarity == .centered ? ", centred cosine" : ", cosine")
    return name(for: model).map { "\($0.rawValue) (\(parts))" } ?? parts
  }

  /// Whether it is such as Kindred writes.
  var isUsable: Bool {
    !views.isEmpty && Set(views).count == views.count && classWeight.isFinite && (0...10).contains(classWeight)
  }
}

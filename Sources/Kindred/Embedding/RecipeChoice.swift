import ResNet

/// A recipe as a person writes it: a name, or views joined by `+`, such as `crop+squash`, which are averaged, with all
/// that costs no time.
public struct RecipeChoice: Sendable, Equatable {
  private enum Kind: Equatable {
    case name(EmbeddingRecipe.Name)
    case views([PictureView])
  }
  private let kind: Kind

  public init(_ name: EmbeddingRecipe.Name) { kind = .name(name) }

  /// - Returns: `nil` for what is neither.
  public init?(_ text: String) {
    if let name = EmbeddingRecipe.Name(rawValue: text) {
      kind = .name(name)
      return
    }
    let parts = text.split(separator: "+", omittingEmptySubsequences: false)
    let views = parts.compactMap { PictureView(rawValue: String($0)) }
    guard views.count == parts.count, Set(views).count == views.count else { return nil }
    kind = .views(views)
  }

  /// The text that makes it.
  public var text: String {
    switch kind {
    case .name(let name): name.rawValue
    case .views(let views): views.map(\.rawValue).joined(separator: "+")
    }
  }

  /// The recipe for a network's embeddings.
  public func recipe(for model: CollectionSettings.Model) -> EmbeddingRecipe {
    recipe(classCount: model.hasImageNetClasses ? model.classCount : 0)
  }

  func recipe(classCount: Int) -> EmbeddingRecipe {
    switch kind {
    case .name(let name): EmbeddingRecipe(name, classCount: classCount)
    case .views(let views):
      EmbeddingRecipe(
        views: views, classWeight: EmbeddingRecipe(.fast, classCount: classCount).classWeight, similarity: .centered)
    }
  }
}

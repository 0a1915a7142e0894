/// What a collection's answers come from: while it stays the same, so do they.
public struct CollectionVersion: Sendable, Equatable {
  /// Grows with every change to which images are in the collection.
  public var generation: Int64
  /// How embeddings are made and compared.
  public var recipe: EmbeddingRecipe
  /// The number of what was learnt from them; 0 where nothing was yet.
  public var fit: Int
}

extension Collection {
  /// Which images the collection has and how they are compared, as of now; labels are not part of it.
  public func version() throws -> CollectionVersion {
    let moment = try moment()
    return CollectionVersion(generation: moment.generation, recipe: moment.recipe, fit: moment.fit)
  }
}

import Foundation
import GRDB
import ResNet
import VectorIndex

extension Collection {
  /// Why a collection whose recipe can't be read can't be opened.
  static let damagedRecipe = "the collection's recipe is damaged"

  /// The rows of a moment as embeddings: what is compared when images are.
  func embeddings(at moment: Moment) throws -> EmbeddingRows {
    // Looks whether the file has all rows of the moment.
    let features = try features(at: moment)
    let composition = try composition(of: moment.recipe, mean: fit(at: moment)?.mean)
    return try composed.withLock { known in
      if let known, known.features === features, known.composition == composition { return known }
      let rows = try EmbeddingRows(features, composition)
      known = rows
      return rows
    }
  }

  /// How rows become embeddings by a recipe.
  /// - Throws: ``KindredError/Code/invalidArgument`` for a recipe of views that are not stored.
  func composition(of recipe: EmbeddingRecipe, mean: [Float]?) throws -> EmbeddingComposition {
    try settings.check(recipe, place: directory)
    return EmbeddingComposition(recipe, of: settings.views, mean: mean)
  }

  /// What was learnt from the embeddings of a moment; `nil` where nothing was yet.
  func fit(at moment: Moment) throws -> EmbeddingFit? {
    guard moment.fit > 0,
      let layout = settings.layout ?? settings.model.map({ RowLayout(dimension: $0.featureDimension) })
    else { return nil }
    let dimension = try composition(of: moment.recipe, mean: nil).dimension(layout)
    let path = files.fit(moment.fit)
    return try openFit.withLock { known in
      let stamp = Self.stamp(of: path)
      // A number may come again when there was no fit for a time. A file that is gone is still right for its moment.
      if let known, known.number == moment.fit, known.fit.dimension == dimension, stamp == nil || known.stamp == stamp {
        return known.fit
      }
      let fit: EmbeddingFit
      do { fit = try EmbeddingFit(contentsOf: path, expectedDimension: dimension) } catch let error as VectorIndexError
      {
        // A writer may have put another in its place since the moment; then the search is run again.
        if error.code == .notFound { throw error }
        throw KindredError(
          .damagedCollection, place: path, reason: error.reason,
          remedy: "Run `kindred verify --repair`.")
      }
      try checkPlace()
      known = (moment.fit, stamp, fit)
      return fit
    }
  }

  /// How embeddings are made and compared.
  public func recipe() throws -> EmbeddingRecipe {
    _ = try imageModel
    return try moment().recipe
  }

  /// Numbers in an embedding, as the recipe is now.
  public func embeddingDimension() throws -> Int { try embeddings(at: moment()).dimension }

  /// Turns cosines of a moment into scores.
  func scoreScale(at moment: Moment) throws -> ScoreScale {
    // Without a fit there is no mean to take away.
    try fit(at: moment).map { ScoreScale(unrelated: $0.unrelated) } ?? .usual(centered: false)
  }
}

extension EmbeddingComposition {
  /// How rows that hold views become embeddings by a recipe.
  /// - Parameters:
  ///   - recipe: of views that are among the stored ones.
  ///   - stored: the views of a row, in their order.
  ///   - mean: what is taken away where the recipe says so.
  init(_ recipe: EmbeddingRecipe, of stored: [PictureView], mean: [Float]?) {
    self.init(
      views: recipe.views.compactMap(stored.firstIndex(of:)), classWeight: recipe.classWeight,
      mean: recipe.similarity == .centered ? mean : nil)
  }
}

extension CollectionSettings {
  /// Whether all that a recipe needs is stored.
  public func allows(_ recipe: EmbeddingRecipe) -> Bool { (try? check(recipe, place: "")) != nil }

  /// - Throws: ``KindredError/Code/invalidArgument`` for a recipe that needs what is not stored.
  func check(_ recipe: EmbeddingRecipe, place: String) throws {
    let missing = recipe.views.filter { !views.contains($0) }
    guard missing.isEmpty else {
      throw KindredError(
        .invalidArgument, place: place,
        reason: "the recipe needs the view \(missing.map(\.rawValue).joined(separator: " and ")), and only "
          + "\(views.map(\.rawValue).joined(separator: " and ")) \(views.count == 1 ? "is" : "are") stored",
        remedy: "Index the folder into a new collection: kindred index FOLDER --collection NAME --recipe NAME")
    }
    guard recipe.classWeight == 0 || (features?.keptClasses ?? 0) > 0 else {
      throw KindredError(
        .invalidArgument, place: place,
        reason: "the recipe needs class probabilities, and none are stored",
        remedy: (model?.hasImageNetClasses ?? false)
          ? "Index the folder into a new collection: kindred index FOLDER --collection NAME --recipe NAME"
          : "The collection's network has no ImageNet classifier; use a recipe without classes.")
    }
  }
}

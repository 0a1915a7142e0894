import Foundation
import GRDB
import VectorIndex

extension CollectionWriter {
  /// Below this many images it can't be told how alike any two are.
  private static let leastImagesToFit = 50
  /// A fit is made again when the collection has grown so much.
  private static let growth = 4
  /// A fit is made again when the mean has moved by more, in lengths of a centred embedding.
  private static let mostDrift: Float = 0.15
  /// A fit is made again when the median cosine has moved by more.
  private static let mostShift: Float = 0.15

  /// The fit that a collection should have: the one it has, or a new one, which no reader sees yet.
  /// - Parameters:
  ///   - moment: the collection's present.
  ///   - live: rows that are live.
  ///   - wantsGraph: whether there is to be a graph.
  ///   - recipe: how embeddings are to be made; where it is another than the moment's, the fit is new.
  func refit(_ moment: Collection.Moment, live: [Int], wantsGraph: Bool, recipe: EmbeddingRecipe) throws -> Fitting {
    let current = try? collection.fit(at: moment)
    let changes = recipe != moment.recipe
    let kept = Fitting(recipe: recipe, number: moment.fit, fit: current, isNew: false)
    // What others made is compared as it is.
    guard collection.kind == .images else { return kept }
    guard live.count >= (wantsGraph ? 2 : Self.leastImagesToFit) else {
      return changes || moment.fit > 0 && current == nil
        ? Fitting(recipe: recipe, number: 0, fit: nil, isNew: true) : kept
    }
    let composition = try collection.composition(of: recipe, mean: nil)
    let purpose = EmbeddingFit.Purpose(
      centers: recipe.similarity == .centered && live.count >= EmbeddingRecipe.leastImagesToCenter,
      // Plain rows in single precision are a graph's vectors as they are.
      codes: wantsGraph && (features.layout.numbers == .float16 || recipe.similarity == .centered))
    if !changes, let current, try !isOutdated(current, composition, live: live, purpose: purpose) { return kept }
    let fit = try EmbeddingFit(learningFrom: features, composition, rows: live, purpose: purpose)
    let number = try nextFit(after: moment.fit)
    try fit.write(to: collection.files.fit(number))
    return Fitting(recipe: recipe, number: number, fit: fit, isNew: true)
  }

  private func isOutdated(
    _ fit: EmbeddingFit, _ composition: EmbeddingComposition, live: [Int], purpose: EmbeddingFit.Purpose
  ) throws -> Bool {
    if fit.dimension != composition.dimension(features.layout) { return true }
    // What was learnt of more than there is now is as good, so a mean and codes stay when images leave.
    if purpose.centers, fit.mean == nil { return true }
    if purpose.codes, fit.codes == nil { return true }
    if live.count >= Self.growth * fit.rowCount { return true }
    if try fit.drift(of: features, composition, rows: live) > Self.mostDrift { return true }
    return try fit.shift(of: features, composition, rows: live) > Self.mostShift
  }

  /// A number that no file has.
  private func nextFit(after number: Int) throws -> Int {
    // Nobody counts so far; a number that a stranger wrote must not grow into one that is refused.
    var next = number < 1 << 31 ? number + 1 : 1
    while FileManager.default.fileExists(atPath: collection.files.fit(next)) {
      removeFile(collection.files.fit(next))
      removeFile(collection.files.graph(segment, fit: next))
      next += 1
    }
    return next
  }

  /// Has the database name a fitting, and removes the files of the one before.
  func adopt(_ fitting: Fitting) throws {
    guard fitting.isNew else { return }
    try write { try Self.store($0, recipe: fitting.recipe, fit: fitting.number) }
    for path in collection.files.leftovers(besides: segment, fit: fitting.number) { removeFile(path) }
    if fitting.fit?.codes != nil { removeFile(collection.files.graph(segment)) }
    collection.closeFiles()
  }

  private static func store(_ db: Database, recipe: EmbeddingRecipe, fit: Int) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(recipe), as: UTF8.self)
    for (name, value) in [("recipe", text), ("fit", String(fit))] {
      try db.execute(sql: "INSERT OR REPLACE INTO property (name, value) VALUES (?, ?)", arguments: [name, value])
    }
  }

  /// Puts the plainest recipe in the place of one that can't be read, with which nothing can be opened.
  public static func replaceDamagedRecipe(of collection: Collection) throws {
    guard collection.kind == .images, let view = collection.settings.views.first else { return }
    do { _ = try collection.moment() } catch let error as KindredError {
      guard error.reason == Collection.damagedRecipe, let database = collection.database as? DatabasePool else {
        throw error
      }
      let lock = try WriterLock(path: collection.files.lock)
      defer { withExtendedLifetime(lock) {} }
      try collection.checkPlace()
      try database.write {
        try store($0, recipe: EmbeddingRecipe(views: [view], classWeight: 0, similarity: .cosine), fit: 0)
      }
      collection.closeFiles()
    }
  }

  /// Changes how embeddings are made and compared. The network is not run again.
  /// - Parameters:
  ///   - recipe: one whose views are stored.
  ///   - progress: told how many rows are in the new graph, of how many.
  ///   - isCancelled: asked now and then; true ends the work, and the recipe stays what it was.
  /// - Throws: ``KindredError/Code/invalidArgument`` for a recipe that needs what is not stored.
  public func setRecipe(
    _ recipe: EmbeddingRecipe, progress: (Int, Int) -> Void = { _, _ in }, isCancelled: () -> Bool = { false }
  ) throws {
    _ = try collection.imageModel
    try collection.settings.check(recipe, place: collection.directory)
    let (moment, live) = try collection.read { db in
      (try collection.moment(db), try Collection.liveRows(db))
    }
    guard recipe != moment.recipe else { return }
    let wantsGraph = live.count >= Collection.exactSearchLimit
    let fitting = try refit(moment, live: live, wantsGraph: wantsGraph, recipe: recipe)
    try bringGraph(
      to: moment, live: live, fitting, wantsGraph: wantsGraph, isCancelled: isCancelled, progress: progress)
  }
}

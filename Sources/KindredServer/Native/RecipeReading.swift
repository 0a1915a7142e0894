import Kindred
import ResNet

extension RecipeChoice {
  /// Reads a recipe: a name, or views joined by `+`.
  /// - Throws: 400 for what is no recipe, 422 for one that names a view twice.
  init?(_ fields: JSONFields, _ field: String) throws(ServerProblem) {
    guard let text = try fields.string(field, 1...100) else { return nil }
    if let choice = RecipeChoice(text) {
      self = choice
      return
    }
    let views = text.split(separator: "+", omittingEmptySubsequences: false)
    guard views.allSatisfy({ PictureView(rawValue: String($0)) != nil }) else {
      let names = EmbeddingRecipe.Name.allCases.map(\.rawValue).joined(separator: ", ")
      let known = PictureView.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid("`\(fields.name(field))` must be one of \(names), or some of \(known) joined by +.")
    }
    throw .recipe("A recipe has each view once.")
  }
}

extension ServerProblem {
  /// A recipe that can't be a collection's.
  static func recipe(_ detail: String, remedy: String? = nil) -> ServerProblem {
    ServerProblem(
      status: 422, code: "recipe-not-possible", title: "The recipe is not possible", detail: detail, remedy: remedy)
  }
}

/// Writes recipes as the API describes them.
enum RecipeJSON {
  static func value(_ recipe: EmbeddingRecipe, for model: CollectionSettings.Model) -> JSONValue {
    .object([
      ("name", .optional(recipe.name(for: model)?.rawValue)), ("views", views(recipe.views)),
      ("class_weight", .float(recipe.classWeight)), ("similarity", .string(recipe.similarity.rawValue)),
    ])
  }

  /// A change that is under way, or that failed.
  static func value(_ change: RecipeChanges.Change) -> JSONValue {
    let (completed, total) =
      if case .running(let completed, let total) = change.state { (completed, total) } else { (0, 0) }
    return .object([
      ("recipe", .string(change.recipe.text)), ("state", .string(change.isRunning ? "running" : "failed")),
      ("completed", .int(Int64(completed))), ("total", .int(Int64(total))),
    ])
  }

  static func views(_ views: [PictureView]) -> JSONValue { .array(views.map { .string($0.rawValue) }) }

  /// The recipes with names that a collection can change to.
  static func possible(_ settings: CollectionSettings, for model: CollectionSettings.Model) -> JSONValue {
    .array(
      EmbeddingRecipe.Name.allCases.filter { settings.allows(EmbeddingRecipe($0, for: model)) }
        .map { .string($0.rawValue) })
  }
}

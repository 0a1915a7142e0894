import ArgumentParser
import Foundation
import Kindred

struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe", abstract: "Show or change how a collection's embeddings are made and compared.",
    discussion: """
      plain: the centre crop's pooled feature, cosine: what the paper evaluates.
      fast: the same view, with class probabilities where the network has ImageNet's classes, centred cosine.
      balanced: the centre crop and the whole picture, squashed; twice the work, and the default.
      best: both views and their mirror images; four times the work.
      Views joined by + (crop, squash, crop-mirror, squash-mirror) are a recipe too.

      What the network said of each view is stored, so a recipe can change without running it again where its views are \
      there. `kindred bench` measures what each costs on this machine.
      """,
    subcommands: [ShowCommand.self, SetCommand.self], defaultSubcommand: ShowCommand.self)

  struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a collection's recipe.")
    @OptionGroup var place: CollectionOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let collection = try Collection(at: place.directory)
      let recipe = try collection.recipe()
      let model = try collection.imageModel
      if json { return try printJSON(recipe) }
      print(recipe.description(for: model))
      let possible = EmbeddingRecipe.Name.allCases.filter {
        collection.settings.allows(EmbeddingRecipe($0, for: model))
      }
      print(
        "stored views: \(collection.settings.views.map(\.rawValue).joined(separator: ", ")); "
          + "possible recipes: \(possible.map(\.rawValue).joined(separator: ", "))")
    }
  }

  struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Change a collection's recipe; the network is not run again.")
    @Argument(help: "plain, fast, balanced, best, or views joined by +.") var choice: RecipeChoice
    @OptionGroup var place: CollectionOptions

    func run() throws {
      let collection = try Collection(at: place.directory)
      let recipe = choice.recipe(for: try collection.imageModel)
      try CollectionWriter.replaceDamagedRecipe(of: collection)
      let bar = ProgressBar("Building the graph", unit: "nodes")
      try CollectionWriter(collection).setRecipe(recipe) { bar.show($0, of: $1) }
      bar.clear()
      print(recipe.description(for: try collection.imageModel))
    }
  }
}

import ArgumentParser
import Foundation
import Kindred

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure what each recipe costs on this machine, and what it gains.",
    discussion: """
      With a folder its pictures are decoded and embedded by each recipe, and where they lie in folders by what is in \
      them, retrieval is measured too, as `kindred evaluate` does. Without one the network is timed alone.
      """)

  @Argument(help: "Folder of pictures.", completion: .directory) var folder: String?
  @OptionGroup var model: ModelOptions
  @Option(help: ArgumentHelp("Only this recipe. May be repeated.", valueName: "recipe")) var recipe: [RecipeChoice] = []
  @Flag(help: "Print JSON.") var json = false

  private struct Output: Encodable {
    var recipe: String
    var views: Int
    var networkImagesPerSecond: Double
    var imagesPerSecond: Double?
    var precisionAt10: Double?
    var meanAveragePrecision: Double?

    enum CodingKeys: String, CodingKey {
      case recipe, views
      case networkImagesPerSecond = "network_images_per_second"
      case imagesPerSecond = "images_per_second"
      case precisionAt10 = "precision_at_10"
      case meanAveragePrecision = "mean_average_precision"
    }
  }

  func run() throws {
    let reference = try model.resolve()
    let benchmark = RecipeBenchmark(
      model: try reference.load(executor: model.executor, precision: model.precision ?? .auto))
    let recipes = recipe.isEmpty ? EmbeddingRecipe.Name.allCases.map(RecipeChoice.init) : recipe
    var measured: [RecipeMeasurement] = []
    for recipe in recipes {
      let bar = ProgressBar("Measuring \(recipe.text)", unit: folder == nil ? "batches" : "images")
      measured.append(try benchmark.measure(recipe, folder: folder) { bar.show($0, of: $1) })
      bar.clear()
    }
    if json {
      return try printJSON(
        measured.map {
          Output(
            recipe: $0.recipe.text, views: $0.views, networkImagesPerSecond: $0.networkRate, imagesPerSecond: $0.rate,
            precisionAt10: $0.retrieval?.precisionAt10, meanAveragePrecision: $0.retrieval?.meanAveragePrecision)
        })
    }
    var table = Table([
      (reference.name, .left), ("views", .right), ("network images/s", .right), ("images/s", .right),
      ("precision@10", .right), ("mAP", .right),
    ])
    func text(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "–" }
    for item in measured {
      table.add([
        item.recipe.text, String(item.views), text(item.networkRate, "%.1f"), text(item.rate, "%.1f"),
        text(item.retrieval?.precisionAt10, "%.3f"), text(item.retrieval?.meanAveragePrecision, "%.3f"),
      ])
    }
    print(table.text)
  }
}

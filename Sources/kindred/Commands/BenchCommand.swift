import ArgumentParser
import Foundation
import ImageDecoding
import Kindred
import ResNet

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast this machine embeds, decodes and searches.",
    discussion: """
      Embedding is measured for each recipe. With a folder its pictures are decoded and embedded, and where they lie in \
      folders by what is in them, retrieval is measured too, as `kindred evaluate` does. Without one the network is \
      timed alone, and no decoder is. Searches are of a made-up collection.
      """)

  /// What is measured.
  enum Part: String, CaseIterable, ExpressibleByArgument { case embed, decode, search }

  @Argument(help: "Folder of pictures.", completion: .directory) var folder: String?
  @OptionGroup var model: ModelOptions
  @Option(help: ArgumentHelp("Only this: embed, decode or search. May be repeated.", valueName: "part"))
  var part: [Part] = []
  @Option(help: ArgumentHelp("Only this recipe. May be repeated.", valueName: "recipe")) var recipe: [RecipeChoice] = []
  @Option(
    help: ArgumentHelp("Decoding threads; one, and then all processors, unless given.", valueName: "number"))
  var threads: Int?
  @Option(help: ArgumentHelp("Only this decoder: exact or fast.", valueName: "path")) var decode: DecodingOptions.Path?
  @Option(help: ArgumentHelp("How long each decoder is measured.", valueName: "seconds")) var seconds = 2.0
  @Option(help: ArgumentHelp("Pictures in the made-up collection.", valueName: "number")) var rows = 20_000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else { throw ValidationError("--threads must be between 1 and 1024.") }
    guard seconds > 0, seconds <= 3_600 else { throw ValidationError("--seconds must be above 0 and at most 3600.") }
    guard (1_000...10_000_000).contains(rows) else {
      throw ValidationError("--rows must be between 1000 and 10000000.")
    }
    guard folder != nil || !part.contains(.decode) else {
      throw ValidationError("To measure decoders, name a folder of pictures.")
    }
  }

  func run() throws {
    let parts = part.isEmpty ? Part.allCases : part
    let reference = try model.resolve()
    let network = try reference.load(executor: model.executor, precision: model.precision ?? .auto)
    var output = BenchOutput(model: reference.name, precision: network.precision)
    if parts.contains(.embed) { output.recipes = try embed(network).map(BenchOutput.Recipe.init) }
    if parts.contains(.decode), let folder {
      output.decoding = try decoding(folder, network).map(BenchOutput.Decoding.init)
    }
    if parts.contains(.search) {
      let bar = ProgressBar("Measuring searches", unit: "collections")
      bar.show(0, of: 1)
      output.search = BenchOutput.Search(
        try SearchBenchmark(rows: rows, dimension: network.featureDimension).measure())
      bar.clear()
    }
    if json { try printJSON(output) } else { print(output.text) }
  }

  private func embed(_ network: ImageModel) throws -> [RecipeMeasurement] {
    let benchmark = RecipeBenchmark(model: network)
    let recipes = recipe.isEmpty ? EmbeddingRecipe.Name.allCases.map(RecipeChoice.init) : recipe
    return try recipes.map { recipe in
      let bar = ProgressBar("Measuring \(recipe.text)", unit: folder == nil ? "batches" : "images")
      defer { bar.clear() }
      return try benchmark.measure(recipe, folder: folder) { bar.show($0, of: $1) }
    }
  }

  private func decoding(_ folder: String, _ network: ImageModel) throws -> [DecodingMeasurement] {
    let benchmark = try DecodingBenchmark(folder: folder, model: network)
    let all = ProcessInfo.processInfo.activeProcessorCount
    let counts = threads.map { [$0] } ?? (all > 1 ? [1, all] : [1])
    let settings = counts.flatMap { count in
      (decode.map { [$0] } ?? DecodingOptions.Path.allCases).map { (count, $0) }
    }
    let bar = ProgressBar("Measuring decoders", unit: "decoders")
    defer { bar.clear() }
    return settings.enumerated().map { number, setting in
      bar.show(number, of: settings.count)
      return benchmark.measure(setting.1, threads: setting.0, seconds: seconds)
    }
  }
}

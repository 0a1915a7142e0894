import ArgumentParser
import Foundation
import ImageDecoding
import Kindred

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model on a folder of labelled pictures.",
    discussion: """
      Retrieval: each picture is a query against the others by the recipe's similarity (the mean is that of these \
      pictures), and those in a folder of the same name are \
      relevant. Classes: the truth is the folder's name (a WordNet identifier or class name) or a WordNet identifier at \
      the start of the file's name. Needs no index.
      """)

  @Argument(help: "Folder of pictures.", completion: .directory) var folder: String
  @OptionGroup var model: ModelOptions
  @Flag(help: "Measure the ImageNet classifier too.") var classify = false
  @Option(help: ArgumentHelp("Views for classes: 1, or the paper's 10.", valueName: "number")) var crops = 1
  @Option(
    help: ArgumentHelp(
      "How embeddings are made: plain, fast, balanced, best, or views joined by +.", valueName: "recipe"))
  var recipe = RecipeChoice(.plain)
  @Option(help: ArgumentHelp("JPEG decoding: exact or fast.", valueName: "path")) var decode = DecodingOptions.Path
    .exact
  @Option(help: ArgumentHelp("Skip pictures of more megapixels.", valueName: "number")) var maxMegapixels = 100.0
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    try DecodingOptions.check(megapixels: maxMegapixels)
    guard crops == 1 || crops == 10 else { throw ValidationError("--crops must be 1 or 10.") }
    guard crops == 1 || classify else { throw ValidationError("--crops is for --classify.") }
  }

  private struct Output: Encodable {
    var model: String
    var recipe: String
    var count: Int
    var precisionAt1: Double?
    var precisionAt10: Double?
    var meanAveragePrecision: Double?
    var top1: Double?
    var top5: Double?

    enum CodingKeys: String, CodingKey {
      case model, recipe, count, top1, top5
      // Spelled out, since the usual conversion does not split a word before a digit.
      case precisionAt1 = "precision_at_1"
      case precisionAt10 = "precision_at_10"
      case meanAveragePrecision = "mean_average_precision"
    }
  }

  func run() throws {
    let reference = try model.resolve()
    var options = EvaluationOptions()
    options.classifies = classify
    options.crops = crops
    options.recipe = recipe
    options.decoding = decode
    options.maximumPixels = DecodingOptions.pixels(megapixels: maxMegapixels)
    let bar = ProgressBar("Evaluating", unit: "images")
    let result = try Evaluator(
      model: reference.load(executor: model.executor, precision: model.precision ?? .single), options: options
    ) {
      bar.show($0, of: $1)
    }
    .run(folder: folder)
    bar.clear()
    for file in result.skipped {
      Terminal.note("skipped \(Terminal.path(file.path)): \(Terminal.printable(file.reason))")
    }
    if json {
      return try printJSON(
        Output(
          model: reference.name, recipe: recipe.text, count: result.count,
          precisionAt1: result.retrieval?.precisionAt1,
          precisionAt10: result.retrieval?.precisionAt10, meanAveragePrecision: result.retrieval?.meanAveragePrecision,
          top1: result.top1, top5: result.top5))
    }
    var table = Table([("model", .left), (reference.name, .right)])
    func add(_ name: String, _ value: Double?) {
      if let value { table.add([name, String(format: "%.4f", value)]) }
    }
    table.add(["recipe", recipe.text])
    table.add(["images", String(result.count)])
    add("precision@1", result.retrieval?.precisionAt1)
    add("precision@10", result.retrieval?.precisionAt10)
    add("mAP", result.retrieval?.meanAveragePrecision)
    add("top-1", result.top1)
    add("top-5", result.top5)
    print(table.text)
  }
}

import ArgumentParser
import Foundation
import ImageDecoding
import Kindred
import ResNet
import VectorIndex

struct IndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index", abstract: "Index folders of pictures, or bring their index up to date.",
    discussion: """
      Files that did not change since the last run cost a look at their size and time. A file that moved keeps its \
      identifier and labels. A picture that can't be read is counted with its reason and not tried again until it \
      changes. Ctrl-C keeps all but the batch in hand; the next run goes on from there.
      """)

  @Argument(help: "Folders (or single files).", completion: .directory)
  var folders: [String]

  @OptionGroup var place: CollectionOptions
  @OptionGroup var model: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Where labels come from: folder, sidecar (picture.txt), none, or a CSV file of path,label[,confidence]. May be repeated.",
      valueName: "source"))
  var labels: [String] = ["folder"]

  @Option(
    help: ArgumentHelp("Take only files whose name or path below the folder fits. May be repeated.", valueName: "glob"))
  var include: [String] = []

  @Option(help: ArgumentHelp("Leave out files and folders that fit. May be repeated.", valueName: "glob"))
  var exclude: [String] = []

  @Flag(help: "Go into folders that are symbolic links.")
  var followLinks = false

  @Option(
    help: ArgumentHelp(
      "How embeddings are made: plain, fast, balanced (the default), best, or views joined by +. See `kindred recipe`.",
      valueName: "recipe"))
  var recipe: RecipeChoice?

  @Option(
    help: ArgumentHelp(
      "JPEG decoding: exact, or fast (scaled while decoding). Fixed when the collection is made.", valueName: "path"))
  var decode: DecodingOptions.Path?

  @Option(help: ArgumentHelp("Skip pictures of more megapixels.", valueName: "number"))
  var maxMegapixels = 100.0

  @Option(help: ArgumentHelp("Images that run through the network together.", valueName: "number"))
  var batch = 16

  @Option(help: ArgumentHelp("Decoding threads; all processors unless given.", valueName: "number"))
  var threads: Int?

  @Option(
    name: .customLong("m"),
    help: ArgumentHelp("HNSW links a node. Fixed when the collection is made.", valueName: "number"))
  var graphLinks: Int?

  @Option(help: ArgumentHelp("HNSW candidates while building. Fixed when the collection is made.", valueName: "number"))
  var efConstruction: Int?

  @Flag(help: "Try skipped files again though they did not change.")
  var retry = false

  @Flag(help: "Let a folder that is empty now empty the collection.")
  var allowEmpty = false

  @Flag(help: "Print the summary as JSON.")
  var json = false

  func validate() throws {
    guard (1...256).contains(batch) else { throw ValidationError("--batch must be between 1 and 256.") }
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be between 1 and 1024.")
    }
    try DecodingOptions.check(megapixels: maxMegapixels)
    guard (2...128).contains(graphLinks ?? 2) else {
      throw ValidationError("--m must be between 2 and 128.")
    }
    guard (4...4096).contains(efConstruction ?? 4) else {
      throw ValidationError("--ef-construction must be between 4 and 4096.")
    }
  }

  func run() throws {
    let directory = try place.directory
    let isNew = !Collection.exists(at: directory)
    let sources = labels.filter { $0 != "none" }.map(LabelSource.init(argument:))
    let collection: Collection
    var preloaded: ImageModel?
    if isNew {
      // Nothing is made on the disk for a folder that isn't there.
      for folder in folders where !FileManager.default.fileExists(atPath: folder) {
        throw KindredError(
          .unreadableFolder, place: folder, reason: "no such file or directory", remedy: "Name a folder of pictures.")
      }
      try LabelSource.check(sources)
      let reference = try model.resolve()
      let loaded = try model.loadForIndexing(reference)
      preloaded = loaded
      let described = CollectionSettings.Model(reference, loaded)
      let recipe = (recipe ?? RecipeChoice(EmbeddingRecipe.standard)).recipe(for: described)
      collection = try Collection.create(
        at: directory,
        settings: CollectionSettings(
          model: described, recipe: recipe, decoding: decode ?? .exact,
          graph: HNSWParameters(m: graphLinks ?? 16, efConstruction: efConstruction ?? 200)),
        recipe: recipe)
    } else {
      collection = try Collection(at: directory)
      try checkFixed(collection)
    }

    let network = try CollectionModel(collection: collection, options: model)

    var options = IndexOptions()
    options.include = include
    options.exclude = exclude
    options.followsLinks = followLinks
    options.labels = sources
    options.maximumPixels = DecodingOptions.pixels(megapixels: maxMegapixels)
    options.batchSize = batch
    options.precision = model.precision ?? .auto
    options.decodingThreads = threads
    options.allowsEmpty = allowEmpty
    options.retriesSkipped = retry

    Interruption.watch()
    let writer = try CollectionWriter(collection)
    let calibration = ProgressBar("Calibrating int8", unit: "images")
    let images = ProgressBar("Indexing", unit: "images")
    let graph = ProgressBar("Building the graph", unit: "nodes")
    let indexer = Indexer(
      writer: writer, loadModel: { try preloaded ?? model.loadForIndexing(network.reference()) }, options: options,
      isCancelled: { Interruption.isRequested },
      report: { progress in
        switch progress.phase {
        case .walking: break
        case .calibrating: calibration.show(progress.completed, of: progress.total)
        case .embedding:
          calibration.clear()
          images.show(progress.completed, of: progress.total, rateCount: progress.embedded)
        case .graph:
          images.clear()
          if progress.total > 0 { graph.show(progress.completed, of: progress.total) }
        case .done:
          images.clear()
          graph.clear()
        }
      })
    let summary = try indexer.run(folders)
    if json { try printJSON(summary) } else { printSummary(summary) }
    if summary.interrupted { throw ExitCode(130) }
  }

  private func checkFixed(_ collection: Collection) throws {
    let settings = collection.settings
    if let recipe, let model = settings.model {
      let present = try collection.recipe()
      guard recipe.recipe(for: model) == present else {
        throw KindredError(
          .invalidArgument, place: "--recipe",
          reason: "this collection's recipe is \(present.description(for: model))",
          remedy: "Change it with `kindred recipe set \(recipe.text)`, or index into a new collection.")
      }
    }
    func refuse(_ option: String, _ value: some CustomStringConvertible) -> KindredError {
      KindredError(
        .invalidArgument, place: option, reason: "this collection was made with \(value), which can't change",
        remedy: "Leave the option out, or index into a new collection with --collection NAME.")
    }
    if let decode, decode != settings.decoding { throw refuse("--decode", settings.decoding.rawValue) }
    if let graphLinks, graphLinks != settings.graph.m { throw refuse("--m", settings.graph.m) }
    if let efConstruction, efConstruction != settings.graph.efConstruction {
      throw refuse("--ef-construction", settings.graph.efConstruction)
    }
  }

  private func printSummary(_ summary: IndexSummary) {
    var parts = ["\(summary.indexed) indexed", "\(summary.unchanged) unchanged"]
    if summary.moved > 0 { parts.append("\(summary.moved) moved") }
    if summary.removed > 0 { parts.append("\(summary.removed) removed") }
    if summary.duplicates > 0 { parts.append(Terminal.plural(summary.duplicates, "duplicate")) }
    let skipped = summary.skipped.values.reduce(0, +)
    parts.append("\(skipped) skipped")
    let precision = summary.precision.map { ", network in \($0.rawValue)" } ?? ""
    print(parts.joined(separator: ", ") + " in \(Terminal.duration(summary.seconds))" + precision)
    for (code, count) in summary.skipped.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
      print("  \(count) \(Terminal.printable(code.replacing("-", with: " "))):")
      let examples = summary.examples.filter { $0.code == code }
      for example in examples { print("    \(Terminal.path(example.path)): \(Terminal.printable(example.reason))") }
      if count > examples.count { print("    and \(count - examples.count) more") }
    }
    if summary.otherFiles > 0 { print("  \(Terminal.plural(summary.otherFiles, "other file")) left alone") }
    if summary.interrupted { print("Stopped before the end; run the same command to go on.") }
    print(
      "\(Terminal.plural(summary.total, "image")) in \(Terminal.printable(place.folder)) (collection \(place.collection))"
    )
  }
}

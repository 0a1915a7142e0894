import ArgumentParser
import Foundation
import ImageDecoding
import Inference
import Kindred
import ResNet

/// Where the index folder is.
struct IndexPlace: ParsableArguments {
  @Option(
    name: .customLong("index"),
    help: ArgumentHelp("Folder that holds the index; $KINDRED_INDEX, or ./index.", valueName: "dir"))
  var indexFolder: String?

  var folder: String {
    if let indexFolder { return indexFolder }
    if let variable = ProcessInfo.processInfo.environment["KINDRED_INDEX"], !variable.isEmpty { return variable }
    return "index"
  }
}

/// Where the collection is.
struct CollectionOptions: ParsableArguments {
  @OptionGroup var index: IndexPlace

  @Option(help: ArgumentHelp("Collection in the index.", valueName: "name"))
  var collection = Collection.defaultName

  var folder: String { index.folder }

  var directory: String {
    get throws { try Collection.directory(index: folder, name: collection) }
  }

  /// - Parameter kind: what the collection must hold; `nil` for whatever it holds.
  func open(kind: Collection.Kind? = .images) throws -> Collection { try Collection(at: directory, kind: kind) }
}

/// Which network runs, and how.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Model: a name from `kindred model list`, or a weight file.", valueName: "name-or-file"))
  var model: String?

  @Option(help: ArgumentHelp("Library that runs the network: onednn or openblas."))
  var executor = ExecutorKind.oneDNN

  /// The model named, or the default one.
  func resolve() throws -> ModelReference { try ModelStore().resolve(model ?? "default") }
}

extension ExecutorKind: ExpressibleByArgument {}
extension DecodingOptions.Path: ExpressibleByArgument {}

extension DecodingOptions {
  /// Checks what a person gave for `--max-megapixels`.
  static func check(megapixels: Double) throws {
    guard megapixels > 0, megapixels <= 10_000 else {
      throw ValidationError("--max-megapixels must be above 0 and at most 10000.")
    }
  }

  /// Pixels of so many megapixels that ``check(megapixels:)`` let through.
  static func pixels(megapixels: Double) -> Int { Int((megapixels * 1e6).rounded(.up)) }
}

/// A collection's own network, however it is asked for.
struct CollectionModel: Sendable {
  private let collection: Collection
  private let named: ModelReference?
  private let executor: ExecutorKind

  /// - Throws: `KindredError.modelMismatch` when another model is named than the collection's.
  init(collection: Collection, options: ModelOptions) throws {
    self.collection = collection
    named = try options.model.map { try collection.modelReference(named: $0) }
    executor = options.executor
  }

  /// Finds and loads the network. What needs no network, such as a search by label, works where there is none.
  func load() throws -> ImageModel {
    try (named ?? collection.modelReference(named: nil)).load(executor: executor)
  }
}

/// Prints a value as JSON.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

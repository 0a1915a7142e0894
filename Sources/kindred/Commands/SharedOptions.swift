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
  /// - Parameter once: it is read, by one thread at a time, and not written to.
  func open(kind: Collection.Kind? = .images, once: Bool = false) throws -> Collection {
    try Collection(at: directory, kind: kind, once: once)
  }
}

/// Which network runs, and how.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Model: a name from `kindred model list`, or a weight file.", valueName: "name-or-file"))
  var model: String?

  @Option(help: ArgumentHelp("Library that runs the network: onednn or openblas."))
  var executor = ExecutorKind.oneDNN

  @Option(
    help: ArgumentHelp(
      "Numbers of the network: f32, bf16, int8, or auto for the fastest that this processor has and that keeps the quality.",
      valueName: "precision"))
  var precision: PrecisionChoice?

  /// Loads a network for indexing, which calibrates it by itself where int8 is wanted and it is not.
  func loadForIndexing(_ reference: ModelReference) throws -> ImageModel {
    let choice = precision ?? .auto
    return try reference.load(executor: executor, precision: choice == .integer ? .auto : choice)
  }

  /// The model named, or the default one.
  func resolve() throws -> ModelReference { try ModelStore().resolve(model ?? "default") }
}

extension ExecutorKind: ExpressibleByArgument {}
extension PrecisionChoice: ExpressibleByArgument {}
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
  private let precision: PrecisionChoice?

  /// - Throws: `KindredError.modelMismatch` when another model is named than the collection's.
  init(collection: Collection, options: ModelOptions) throws {
    self.collection = collection
    named = try options.model.map { try collection.modelReference(named: $0) }
    executor = options.executor
    precision = options.precision
  }

  /// The network's file.
  func reference() throws -> ModelReference { try named ?? collection.modelReference(named: nil) }

  /// Finds and loads the network. What needs no network, such as a search by label, works where there is none.
  func load() throws -> ImageModel {
    let reference = try reference()
    guard let precision else { return try collection.load(reference, executor: executor) }
    return try reference.load(executor: executor, precision: precision)
  }
}

/// Prints a value as JSON.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

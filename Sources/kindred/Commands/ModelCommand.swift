import ArgumentParser
import Foundation
import Kindred
import ResNet

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Fetch, import and describe networks.",
    subcommands: [List.self, Fetch.self, Describe.self, Import.self, QuantizeModelCommand.self],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the models that are known or imported.")
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let store = ModelStore()
      let listings = store.list()
      if json { return try printJSON(listings) }
      var table = Table([
        ("name", .left), ("state", .left), ("size", .right), ("features", .right), ("licence", .left),
        ("source", .left),
      ])
      for listing in listings {
        let names = ([listing.name] + listing.aliases).joined(separator: ", ")
        table.add([
          names, listing.state.rawValue, listing.bytes.map(Terminal.bytes) ?? "–",
          listing.featureDimension.map(String.init) ?? "–", listing.licence ?? "–", listing.source,
        ])
      }
      print(table.text)
      print("\nModels are kept in \(Terminal.printable(store.directory))")
    }
  }

  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring a known model to this machine.")
    @Argument(help: "The model's name.") var name = "default"

    func run() async throws {
      let store = ModelStore()
      let display = FetchDisplay(name: name)
      let reference = try await store.fetch(name) { display.show($0) }
      display.clear()
      print("\(Terminal.printable(reference.name)) is here: \(Terminal.printable(reference.path))")
      print("SHA-256 \(reference.sha256)")
    }
  }

  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a network's stages with output sizes, parameters and multiply-adds.",
      discussion: "Names of architectures: \(ResNetSpec.names.joined(separator: ", ")).")

    @Argument(help: "Architecture, model or weight file.") var name: String
    @Option(help: ArgumentHelp("Shortcuts: A, B or C as in the paper.", valueName: "option")) var shortcut: String?
    @Option(
      help: ArgumentHelp("Where bottlenecks stride: 1 for the 1×1 (the paper), 3 for the 3×3.", valueName: "kernel"))
    var stride: Int?
    @Option(help: ArgumentHelp("Side of the input, in pixels.", valueName: "pixels")) var input: Int?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard shortcut == nil || ["A", "B", "C"].contains(shortcut?.uppercased()) else {
        throw ValidationError("--shortcut must be A, B or C.")
      }
      guard stride == nil || stride == 1 || stride == 3 else { throw ValidationError("--stride must be 1 or 3.") }
      guard (1...4096).contains(input ?? 1) else {
        throw ValidationError("--input must be between 1 and 4096.")
      }
    }

    func run() throws {
      let description = try ModelDescription.describe(
        name, shortcut: shortcut.flatMap { ModelDescription.shortcut($0) },
        bottleneckStride: stride.map { $0 == 1 ? .pointwise : .spatial }, inputSize: input)
      if json {
        try printJSON(description.network)
      } else {
        print(PrintableText.printable(description.text, keepsLines: true))
      }
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a weight file (safetensors or ONNX) into the model store.")
    @Argument(help: "The file.", completion: .file(extensions: ["safetensors", "onnx"])) var file: String
    @Option(help: ArgumentHelp("Name in the store; the file's own unless given.", valueName: "name")) var name: String?
    @Option(help: "Preprocessing: torchvision (RGB, ImageNet mean and deviation) or caffe (BGR, mean pixel).")
    var recipe: ModelRecipe?

    func run() async throws {
      let reference = try await ModelStore().import(file, name: name, recipe: recipe)
      print("\(Terminal.printable(reference.name)) is here: \(Terminal.printable(reference.path))")
      print("SHA-256 \(reference.sha256)")
      print("Use it with --model \(Terminal.printable(reference.name))")
    }
  }
}

extension ModelRecipe: ExpressibleByArgument {}

/// Shows a fetch's progress: bytes on a terminal, phases elsewhere.
private final class FetchDisplay: Sendable {
  private let name: String
  init(name: String) { self.name = name }

  func show(_ progress: ModelFetchProgress) {
    var text = "\(Terminal.printable(name)): \(progress.phase.rawValue)"
    if progress.phase == .downloading, progress.bytes > 0 || Terminal.errorIsTerminal {
      text += "  \(Terminal.bytes(progress.bytes))"
      if let total = progress.total, total > 0 {
        text += " of \(Terminal.bytes(total))  \(progress.bytes * 100 / total) %"
      }
    }
    if Terminal.errorIsTerminal {
      Terminal.note("\r\u{1B}[K\(text)", terminator: "")
    } else if progress.phase != .downloading || progress.bytes == 0 || progress.bytes == progress.total {
      Terminal.note(text)
    }
  }

  func clear() {
    if Terminal.errorIsTerminal { Terminal.note("\r\u{1B}[K", terminator: "") }
  }
}

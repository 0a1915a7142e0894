import ArgumentParser
import Kindred

struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label", abstract: "List labels, give them to pictures, take them away, and have them proposed.",
    subcommands: [List.self, Add.self, Remove.self, Rename.self, Suggest.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List labels with how many images carry them.")
    @Argument(help: "Only labels that start so.") var prefix = ""
    @OptionGroup var place: CollectionOptions
    @Flag(help: "List WordNet's broader terms of predicted labels too, which search takes as labels.") var broader =
      false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let collection = try place.open()
      var labels = try collection.labels(prefix: prefix)
      if broader { labels += try collection.broaderLabels(prefix: prefix) }
      if json { return try printJSON(labels) }
      guard !labels.isEmpty else {
        print(
          prefix.isEmpty ? "This collection has no labels." : "No label starts with “\(Terminal.printable(prefix))”.")
        return
      }
      var table = Table([("images", .right), ("label", .left)])
      for label in labels {
        table.add([String(label.count), label.name + Self.remark(label)])
      }
      print(table.text)
    }

    private static func remark(_ label: LabelCount) -> String {
      if label.isBroader == true { return "  (broader term)" }
      return label.given == 0 ? "  (predicted)" : ""
    }
  }

  /// Which images a label command is about.
  struct Images: ParsableArguments {
    @Argument(help: "Files of indexed images.", completion: .file()) var paths: [String] = []
    @Option(help: ArgumentHelp("Image by its identifier. May be repeated.", valueName: "number")) var id: [Int64] = []

    func identifiers(in collection: Collection) throws -> [Int64] { try collection.imageIDs(paths: paths) + id }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give images a label.")
    @Argument(help: "The label.") var name: String
    @OptionGroup var images: Images
    @OptionGroup var place: CollectionOptions

    func validate() throws {
      guard !images.paths.isEmpty || !images.id.isEmpty else { throw ValidationError("Name images, or give --id.") }
    }

    func run() throws {
      let collection = try place.open()
      let identifiers = try images.identifiers(in: collection)
      let added = try CollectionWriter(collection).addLabel(name, to: identifiers)
      print("\(Terminal.plural(added, "image")) labelled “\(Terminal.printable(name))”")
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take a label from images, or with --all from every one.")
    @Argument(help: "The label.") var name: String
    @OptionGroup var images: Images
    @Flag(help: "From every image.") var all = false
    @OptionGroup var place: CollectionOptions

    func validate() throws {
      guard all != (!images.paths.isEmpty || !images.id.isEmpty) else {
        throw ValidationError("Name images, or give --id or --all.")
      }
    }

    func run() throws {
      let collection = try place.open()
      let identifiers = all ? nil : try images.identifiers(in: collection)
      let removed = try CollectionWriter(collection).removeLabel(name, from: identifiers)
      print("Label “\(Terminal.printable(name))” taken from \(Terminal.plural(removed, "image"))")
    }
  }

  struct Rename: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a label another name; where that is in use, the two become one.")
    @Argument(help: "The label.") var name: String
    @Argument(help: "Its new name.") var newName: String
    @OptionGroup var place: CollectionOptions

    func run() throws {
      let count = try CollectionWriter(place.open()).renameLabel(name, to: newName)
      print(
        "“\(Terminal.printable(name))” is “\(Terminal.printable(newName))” now on \(Terminal.plural(count, "image"))")
    }
  }
}

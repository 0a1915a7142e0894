import ArgumentParser
import Kindred

struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take images out of the collection. Files that were indexed are left alone.",
    discussion:
      "An image whose file is still in an indexed folder comes back at the next run; leave it out with --exclude.")

  @Argument(help: "Files of indexed images.", completion: .file()) var paths: [String] = []
  @Option(help: ArgumentHelp("Image by its identifier. May be repeated.", valueName: "number")) var id: [Int64] = []
  @Option(name: .customLong("path"), help: ArgumentHelp("Every image whose path fits.", valueName: "glob")) var glob:
    String?
  @Flag(help: "Every image of the collection.") var all = false
  @OptionGroup var place: CollectionOptions

  func validate() throws {
    guard !paths.isEmpty || !id.isEmpty || glob != nil || all else {
      throw ValidationError("Name images, or give --id, --path or --all.")
    }
  }

  func run() throws {
    let collection = try place.open()
    var identifiers = try collection.imageIDs(paths: paths) + id
    if glob != nil || all {
      var filter = SearchFilter()
      filter.path = glob
      identifiers += try collection.imageIDs(matching: filter)
    }
    let writer = try CollectionWriter(collection)
    let removed = try writer.removeImages(ids: identifiers)
    try writer.compactIfWorthwhile()
    try writer.updateGraph()
    print("\(Terminal.plural(removed, "image")) removed, \(try collection.imageCount()) left")
  }
}

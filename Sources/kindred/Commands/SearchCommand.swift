import ArgumentParser
import Foundation
import ImageDecoding
import Kindred

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find pictures that look like a picture, or that carry a label.",
    discussion: """
      Several pictures are averaged, and --not takes away. A search by label gives the pictures that carry it, then their \
      nearest neighbours that do not. The score is 1 for the same picture; below 0.5 pictures are no more alike than \
      chance would have it, in any collection, and are not shown unless --min-score says so.
      """)

  @Argument(help: "Pictures to look like; `-` reads one from standard input.", completion: .file())
  var images: [String] = []

  @Option(name: .customLong("not"), help: ArgumentHelp("Picture to be unlike. May be repeated.", valueName: "image"))
  var negatives: [String] = []

  @Option(help: ArgumentHelp("Label to look for.", valueName: "name"))
  var label: String?

  @Option(help: ArgumentHelp("Image of the collection to look like. May be repeated.", valueName: "number"))
  var id: [Int64] = []

  @Option(
    help: ArgumentHelp("Vector to look like: .npy, a JSON list, or a line of `kindred embed`.", valueName: "file"))
  var vector: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("How many hits.", valueName: "number"))
  var top = 10

  @Option(help: ArgumentHelp("Least score of a similar picture, 0 to 1; 0 shows all.", valueName: "score"))
  var minScore = ScoreScale.cutOff

  @Option(help: ArgumentHelp("Only pictures that carry this label.", valueName: "name"))
  var whereLabel: String?

  @Option(help: ArgumentHelp("Only pictures whose path fits; `*` stands for any text.", valueName: "glob"))
  var path: String?

  @Option(
    help: ArgumentHelp("Only pictures taken at or after this date (2024, 2024-05, 2024-05-31).", valueName: "date"))
  var after: String?

  @Option(help: ArgumentHelp("Only pictures taken before this date.", valueName: "date"))
  var before: String?

  @Option(help: "Only pictures of this file format.")
  var format: ImageFormat?

  @Option(help: ArgumentHelp("Refuse query pictures of more megapixels.", valueName: "number"))
  var maxMegapixels = 100.0

  @Flag(help: "Compare with every picture though there is a graph.")
  var exact = false

  @OptionGroup var place: CollectionOptions
  @OptionGroup var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Print CSV.")
  var csv = false

  @Flag(help: "Print paths alone, one a line.")
  var paths = false

  @Option(help: ArgumentHelp("Write a page with thumbnails.", valueName: "file"))
  var html: String?

  @Flag(help: "Open the page in the desktop's browser.")
  var open = false

  func validate() throws {
    guard top >= 1, top <= 100_000 else { throw ValidationError("--top must be between 1 and 100000.") }
    guard [json, csv, paths].count(where: { $0 }) <= 1 else {
      throw ValidationError("Choose one of --json, --csv and --paths.")
    }
    guard !images.isEmpty || label != nil || !id.isEmpty || !vector.isEmpty else {
      throw ValidationError("Nothing to search for: give an image, --label, --id or --vector.")
    }
    if let whereLabel, whereLabel.allSatisfy(\.isWhitespace) {
      throw ValidationError("--where-label needs a label.")
    }
    try DecodingOptions.check(megapixels: maxMegapixels)
    guard (0...1).contains(minScore) else { throw ValidationError("--min-score must be between 0 and 1.") }
    guard images.filter({ $0 == "-" }).count + negatives.filter({ $0 == "-" }).count <= 1 else {
      throw ValidationError("Standard input can be read once.")
    }
  }

  func run() throws {
    let collection = try place.open(once: true)
    let network = try CollectionModel(collection: collection, options: model)
    var request = SearchRequest()
    request.positives =
      try images.map(Self.example) + id.map { .identifier($0) } + vector.map { .vector(try VectorFile.read($0)) }
    request.negatives = try negatives.map(Self.example)
    request.label = label
    request.top = top
    request.minimumScore = minScore
    request.depth = exact ? .exact : .standard
    request.filter.label = whereLabel
    request.filter.path = path
    request.filter.after = try after.map(SearchFilter.date)
    request.filter.before = try before.map(SearchFilter.date)
    request.filter.format = format
    request.maximumPixels = DecodingOptions.pixels(megapixels: maxMegapixels)
    let result = try Searcher(collection, loadModel: network.load).search(request)

    var page = html
    if page == nil, open { page = NSTemporaryDirectory() + "/kindred-search-\(getpid()).html" }
    if let page {
      let file = try OutputFile(path: page)
      try file.write(SearchPage(title: title(result), hits: result.hits).html())
      try file.finish()
    }
    if json {
      try printJSON(SearchOutput(result))
    } else if csv {
      printCSV(result)
    } else if paths {
      for hit in result.hits { print(hit.record.path) }
    } else {
      printTable(result)
      if let html { print("Page written to \(Terminal.printable(html))") }
    }
    if open, let page { try Desktop.open(page) }
  }

  private static func example(_ path: String) throws -> SearchRequest.Example {
    path == "-" ? .bytes(try StandardInput.picture(), name: "standard input") : .file(path)
  }

  private func title(_ result: SearchResult) -> String {
    if let label = result.label { return "Label “\(label)”" }
    let names = images.map { ($0 as NSString).lastPathComponent } + id.map { "image \($0)" } + vector
    return "Like " + names.joined(separator: ", ")
  }

  private func printTable(_ result: SearchResult) {
    guard !result.hits.isEmpty else {
      print(
        result.hidesMore
          ? "No picture is alike enough (score \(minScore) or more); --min-score 0 shows the nearest."
          : "No picture fits.")
      return
    }
    if let label = result.label, let count = result.labelledCount {
      print(
        "\(Terminal.plural(count, "image")) \(count == 1 ? "carries" : "carry") the label “\(Terminal.printable(label))”\(count > top ? "; the best \(top):" : ":")"
      )
    }
    var table = Table([("score", .right), ("labels", .left), ("path", .left)])
    var previous = SearchHit.Match.labelled
    for hit in result.hits {
      if result.label != nil, hit.match == .similar, previous == .labelled {
        print(table.text)
        print("\nSimilar, without the label:")
        table = Table([("score", .right), ("labels", .left), ("path", .left)])
      }
      previous = hit.match
      table.add([String(format: "%.3f", hit.score), Self.labels(hit.record), Terminal.path(hit.record.path)])
    }
    print(table.text)
    if result.hidesMore {
      Terminal.note("less alike pictures are not shown (below \(minScore)); --min-score 0 shows them")
    }
  }

  /// Labels for the table, shortened; what the network guessed is marked with its confidence.
  private static func labels(_ record: ImageRecord) -> String {
    var names: [String] = []
    for label in record.labels {
      let name =
        label.source == .predicted ? "\(label.name) (\(label.percentage) %)" : label.name
      if !names.contains(name) { names.append(name) }
    }
    let text = Terminal.printable(names.joined(separator: ", "))
    return text.count <= 40 ? text : String(text.prefix(39)) + "…"
  }

  private func printCSV(_ result: SearchResult) {
    print("rank,score,id,path,match,labels")
    for (index, hit) in result.hits.enumerated() {
      print(
        CSV.row([
          String(index + 1), String(format: "%.6f", hit.score), String(hit.record.id), hit.record.path,
          hit.match.rawValue, hit.record.labels.map(\.name).joined(separator: ";"),
        ]))
    }
  }
}

extension ImageFormat: ExpressibleByArgument {}

/// Starts the desktop's own programs.
enum Desktop {
  static func open(_ path: String) throws {
    let environment = ProcessInfo.processInfo.environment
    guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else {
      throw KindredError(
        .invalidArgument, place: "--open", reason: "there is no desktop here",
        remedy: "The page is at \(path); use --html FILE to choose where it goes.")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["xdg-open", path]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw KindredError(
        .invalidArgument, place: "--open", reason: "xdg-open did not open the page", remedy: "The page is at \(path).")
    }
  }
}

import ArgumentParser
import Kindred

extension LabelCommand {
  struct Suggest: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Propose labels for pictures that carry none, learnt from those that do.",
      discussion: """
        A picture is proposed the one label that fits it best. Of suggestions with a confidence of 90 %, about nine in \
        ten are right. A label must be on \(Collection.leastImagesOfSuggestedLabel) pictures or more, and there must be \
        two such labels. A folder's name is proposed only for pictures without any label. --accept gives the pictures \
        their labels; --reject says that the labels named are wrong for the pictures given with --id.
        """)

    @Argument(help: "Only these labels; all when none is named.") var labels: [String] = []
    @Option(help: ArgumentHelp("Least confidence, 0 to 1.", valueName: "confidence")) var minConfidence = 0.8
    @Option(name: .shortAndLong, help: ArgumentHelp("How many at most.", valueName: "number")) var top = 50
    @OptionGroup var place: CollectionOptions
    @Flag(help: "Give every picture shown the label proposed for it.") var accept = false
    @Flag(help: "Never propose the labels again for the pictures given with --id.") var reject = false
    @Option(help: ArgumentHelp("Image for --reject. May be repeated.", valueName: "number")) var id: [Int64] = []
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print CSV.") var csv = false

    func validate() throws {
      guard (0...1).contains(minConfidence) else { throw ValidationError("--min-confidence must be between 0 and 1.") }
      guard (1...100_000).contains(top) else { throw ValidationError("--top must be between 1 and 100000.") }
      guard !json || !csv else { throw ValidationError("Choose one of --json and --csv.") }
      guard !accept || !reject else { throw ValidationError("Choose one of --accept and --reject.") }
      guard reject == !id.isEmpty else { throw ValidationError("--reject and --id go together.") }
      guard !reject || !labels.isEmpty else { throw ValidationError("--reject needs a label.") }
    }

    func run() throws {
      let collection = try place.open()
      if reject { return try rejectLabels(in: collection) }
      let found = try collection.labelSuggestions(
        labels: labels.isEmpty ? nil : labels, minimumConfidence: minConfidence, limit: top)
      if accept, !found.suggestions.isEmpty {
        let writer = try CollectionWriter(collection)
        for (label, suggestions) in Dictionary(grouping: found.suggestions, by: \.label) {
          try writer.accept(label, for: suggestions.map(\.image.id))
        }
      }
      if json {
        try printJSON(found.suggestions.map(Line.init))
      } else if csv {
        print("id,path,label,confidence")
        for item in found.suggestions {
          print(CSV.row([String(item.image.id), item.image.path, item.label, String(item.confidence)]))
        }
      } else {
        printTable(found)
      }
    }

    private func rejectLabels(in collection: Collection) throws {
      let writer = try CollectionWriter(collection)
      for label in labels {
        try writer.reject(label, for: id)
        print("“\(Terminal.printable(label))” is not proposed again for \(Terminal.plural(id.count, "image"))")
      }
    }

    private func printTable(_ found: LabelSuggestions) {
      guard !found.suggestions.isEmpty else { return print(Self.whyNone(found)) }
      var table = Table([("confidence", .right), ("label", .left), ("path", .left)])
      for item in found.suggestions {
        table.add(["\(Int((item.confidence * 100).rounded())) %", item.label, Terminal.path(item.image.path)])
      }
      print(table.text)
      if accept {
        print("\(Terminal.plural(found.suggestions.count, "image")) labelled")
      } else if found.total > found.suggestions.count {
        print("\(found.total) in all; --top shows more.")
      }
    }

    private static func whyNone(_ found: LabelSuggestions) -> String {
      if found.labels.isEmpty {
        return "There must be two labels or more, each on \(Collection.leastImagesOfSuggestedLabel) pictures or more."
      }
      if found.unlabelled == 0 { return "Every picture carries a label." }
      return "Nothing to propose for \(Terminal.plural(found.unlabelled, "unlabelled picture")); "
        + "a lower --min-confidence may give some."
    }

    private struct Line: Encodable {
      var id: Int64
      var path: String
      var label: String
      var confidence: Double

      init(_ suggestion: LabelSuggestion) {
        (id, path) = (suggestion.image.id, suggestion.image.path)
        (label, confidence) = (suggestion.label, suggestion.confidence)
      }
    }
  }
}

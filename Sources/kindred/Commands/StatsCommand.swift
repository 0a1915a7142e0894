import ArgumentParser
import Kindred

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "stats", abstract: "Tell what is in a collection.")

  @OptionGroup var place: CollectionOptions
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let statistics = try CollectionStatistics(place.open(kind: nil, once: true))
    if json { return try printJSON(statistics) }
    let settings = statistics.settings
    var table = Table([("collection", .left), (place.collection, .left)])
    table.add(["folder", statistics.directory])
    table.add(["identifier", statistics.identifier])
    table.add(["created", statistics.created])
    if let model = settings.model {
      addImages(statistics, model: model, to: &table)
    } else {
      table.add(["vectors", "\(statistics.images)"])
    }
    table.add([
      "search", "\(statistics.search) (M \(settings.graph.m), ef_construction \(settings.graph.efConstruction))",
    ])
    let dead = statistics.deadRows > 0 ? ", \(statistics.deadRows) rows unused" : ""
    table.add([
      "on disk",
      "metadata \(Terminal.bytes(statistics.databaseBytes)), features \(Terminal.bytes(statistics.featureBytes))\(dead), graph \(Terminal.bytes(statistics.graphBytes))",
    ])
    print(table.text)
  }

  private func addImages(
    _ statistics: CollectionStatistics, model: CollectionSettings.Model, to table: inout Table
  ) {
    let settings = statistics.settings
    func names(_ counts: [CollectionStatistics.Count]) -> String {
      counts.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
    }
    let repeated = statistics.images - statistics.contents
    table.add(["images", "\(statistics.images)" + (repeated > 0 ? " (\(repeated) repeat another's bytes)" : "")])
    table.add(["files", Terminal.bytes(statistics.fileBytes)])
    table.add(["formats", names(statistics.formats)])
    if let first = statistics.firstCapture, let last = statistics.lastCapture {
      table.add(["taken", "\(first.prefix(10)) to \(last.prefix(10))"])
    }
    table.add([
      "labels",
      "\(statistics.labels), on \(statistics.labelledImages) images"
        + (statistics.topLabels.isEmpty ? "" : ": " + names(statistics.topLabels)),
    ])
    if !statistics.skipped.isEmpty { table.add(["skipped", names(statistics.skipped)]) }
    table.add([
      "model",
      "\(model.name), \(model.featureDimension) numbers, SHA-256 \(model.sha256.prefix(12))…"
        + (statistics.precision.map { ", last run in \($0.rawValue)" } ?? ""),
    ])
    table.add([
      "recipe",
      "\(statistics.recipe.description(for: model)); \(settings.decoding.rawValue) decoding",
    ])
  }
}

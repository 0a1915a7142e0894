import Foundation
import Inference
import Kindred

/// What `kindred bench` prints.
struct BenchOutput: Encodable {
  var machine = BenchmarkMachine.current
  var model: String
  /// The numbers that the network ran in.
  var precision: Precision
  var recipes: [Recipe] = []
  var decoding: [Decoding] = []
  var search: Search?

  init(model: String, precision: Precision) {
    self.model = model
    self.precision = precision
  }

  struct Recipe: Encodable {
    var recipe: String
    var views: Int
    var networkImagesPerSecond: Double
    var imagesPerSecond: Double?
    var precisionAt10: Double?
    var meanAveragePrecision: Double?

    init(_ measured: RecipeMeasurement) {
      recipe = measured.recipe.text
      views = measured.views
      networkImagesPerSecond = measured.networkRate
      imagesPerSecond = measured.rate
      precisionAt10 = measured.retrieval?.precisionAt10
      meanAveragePrecision = measured.retrieval?.meanAveragePrecision
    }

    enum CodingKeys: String, CodingKey {
      case recipe, views, networkImagesPerSecond, imagesPerSecond, meanAveragePrecision
      // Spelled out, since the usual conversion does not split a word before a digit.
      case precisionAt10 = "precision_at_10"
    }
  }

  struct Decoding: Encodable {
    var path: String
    var threads: Int
    var imagesPerSecond: Double
    var megapixels: Double

    init(_ measured: DecodingMeasurement) {
      path = measured.path.rawValue
      threads = measured.threads
      imagesPerSecond = measured.rate
      megapixels = measured.megapixels
    }
  }

  struct Search: Encodable {
    var rows: Int
    var dimension: Int
    var buildSeconds: Double
    var graphQueriesPerSecond: Double
    var recall: Double
    var exactQueriesPerSecond: Double

    init(_ measured: SearchMeasurement) {
      rows = measured.rows
      dimension = measured.dimension
      buildSeconds = measured.buildSeconds
      graphQueriesPerSecond = measured.graphRate
      recall = measured.recall
      exactQueriesPerSecond = measured.exactRate
    }
  }

  /// Tables for a person.
  var text: String {
    var parts = [
      """
      \(Terminal.printable(machine.processor))
      \(machine.features)
      \(Terminal.plural(machine.processors, "processor")); \(machine.libraries.joined(separator: "; "))
      """
    ]
    if !recipes.isEmpty { parts.append(recipeTable) }
    if !decoding.isEmpty { parts.append(decodingTable) }
    if let search {
      parts.append(
        "Search of \(search.rows) made-up features of \(search.dimension) numbers, one query at a time: "
          + String(
            format: "%.0f queries/s with the graph (recall %.4f), %.0f comparing all; graph built in %.1f s",
            search.graphQueriesPerSecond, search.recall, search.exactQueriesPerSecond, search.buildSeconds))
    }
    return parts.joined(separator: "\n\n")
  }

  private func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "–" }

  private var recipeTable: String {
    var table = Table([
      ("\(model), \(precision.rawValue)", .left), ("views", .right), ("network images/s", .right), ("images/s", .right),
      ("precision@10", .right),
      ("mAP", .right),
    ])
    for item in recipes {
      table.add([
        item.recipe, String(item.views), number(item.networkImagesPerSecond, "%.1f"),
        number(item.imagesPerSecond, "%.1f"), number(item.precisionAt10, "%.3f"),
        number(item.meanAveragePrecision, "%.3f"),
      ])
    }
    return table.text
  }

  private var decodingTable: String {
    var table = Table([("decoder", .left), ("threads", .right), ("images/s", .right), ("megapixels", .right)])
    for item in decoding {
      table.add([
        item.path, String(item.threads), number(item.imagesPerSecond, "%.1f"), number(item.megapixels, "%.2f"),
      ])
    }
    return table.text
  }
}

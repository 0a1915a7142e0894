import Kindred

/// The JSON that `kindred search --json` prints; README.md documents it.
struct SearchOutput: Encodable {
  struct Hit: Encodable {
    var rank: Int
    var id: Int64
    var score: Float
    var cosine: Float
    var match: String
    var path: String
    var labels: [Label]
    var width: Int
    var height: Int
    var format: String
    var byteCount: Int64
    var modified: String
    var captureDate: String?
    var camera: String?
    var sha256: String
  }
  struct Milliseconds: Encodable {
    var load: Double
    var embed: Double
    var search: Double
    var fetch: Double
  }

  var count: Int
  var exact: Bool
  var hidesMore: Bool
  var label: String?
  var labelled: Int?
  var tookMs: Milliseconds
  var hits: [Hit]

  init(_ result: SearchResult) {
    count = result.hits.count
    exact = result.exact
    hidesMore = result.hidesMore
    label = result.label
    labelled = result.labelledCount
    func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
    tookMs = Milliseconds(
      load: milliseconds(result.timing.load), embed: milliseconds(result.timing.embed),
      search: milliseconds(result.timing.search), fetch: milliseconds(result.timing.fetch))
    hits = result.hits.enumerated().map { index, hit in
      let record = hit.record
      return Hit(
        rank: index + 1, id: record.id, score: hit.score, cosine: hit.cosine, match: hit.match.rawValue,
        path: record.path,
        labels: record.labels, width: record.width, height: record.height, format: record.format,
        byteCount: record.byteCount, modified: record.modified, captureDate: record.captureDate, camera: record.camera,
        sha256: record.sha256)
    }
  }
}

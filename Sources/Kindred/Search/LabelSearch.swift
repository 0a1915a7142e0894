import Foundation
import GRDB
import VectorIndex

/// Search by label: the images that carry it, then their nearest neighbours that do not.
struct LabelSearch {
  let collection: Collection
  let model: LazyModel

  func search(_ label: String, _ request: SearchRequest, minimumCosine: Float?) throws -> SearchResult {
    var timing = SearchTiming()
    let start = ContinuousClock.now
    let name = try collection.resolveLabel(label)
    let (moment, allowed, carriers) = try collection.read { db in
      (try collection.moment(db), try request.filter.allowed(db), try Self.carriers(db, label: name))
    }
    let embeddings = try collection.embeddings(at: moment)
    for carrier in carriers { try collection.checkRow(carrier.row, at: moment) }
    var query = centroid(of: carriers, embeddings)
    let resolver = ExampleResolver(collection: collection, model: model, maximumPixels: request.maximumPixels)
    for example in request.negatives {
      let vector = try resolver.resolve(example, timing: &timing).embedding(in: embeddings)
      VectorMath.add(vector, weight: -QueryVector.negativeWeight / Float(request.negatives.count), to: &query)
    }
    query = VectorMath.normalized(query)

    let shownCarriers = carriers.filter { allowed?.images.contains($0.imageID) ?? true }
    var labelled = zip(shownCarriers, embeddings.scores(of: query, rows: shownCarriers.map(\.row)))
      .map { (carrier: $0, score: min(1, max(-1, $1))) }
    // What a person said goes before what the network guessed.
    labelled.sort {
      ($0.carrier.isPredicted ? 0 : 1, $0.score, -$0.carrier.imageID)
        > ($1.carrier.isPredicted ? 0 : 1, $1.score, -$1.carrier.imageID)
    }
    let count = labelled.count
    let shown = labelled.prefix(request.top)
    timing.search += (ContinuousClock.now - start).seconds

    let fetchStart = ContinuousClock.now
    var hits = try collection.read { db in
      try shown.compactMap { item in
        try Collection.record(db, id: item.carrier.imageID)
          .map { SearchHit(record: $0, cosine: item.score, match: .labelled) }
      }
    }
    timing.fetch += (ContinuousClock.now - fetchStart).seconds
    let answer = try Ranking(collection: collection, depth: request.depth).nearest(
      to: { [query] _ in query }, top: request.top - hits.count, minimumCosine: minimumCosine, filter: request.filter,
      excluding: Set(carriers.map(\.imageID)))
    hits += answer.hits
    timing.search += answer.search
    timing.fetch += answer.fetch
    return SearchResult(
      hits: hits, label: name, labelledCount: count, exact: answer.exact, hidesMore: answer.hidesMore, timing: timing)
  }

  /// An image that carries the label.
  private struct Carrier {
    var imageID: Int64
    var row: Int
    var confidence: Double
    var isPredicted: Bool
  }

  private static func carriers(_ db: Database, label: String) throws -> [Carrier] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT image.id AS id, content.feature_row AS feature_row, max(label.confidence) AS confidence,
          min(label.source = 'predicted') AS predicted
        FROM label JOIN image ON image.id = label.image_id JOIN content ON content.id = image.content_id
        WHERE label.name = ? GROUP BY image.id
        """, arguments: [label]
    ).map {
      Carrier(imageID: $0["id"], row: $0["feature_row"], confidence: $0["confidence"], isPredicted: $0["predicted"])
    }
  }

  /// The mean of the carriers' vectors, weighted by confidence; images that hold the same bytes count once.
  private func centroid(of carriers: [Carrier], _ embeddings: EmbeddingRows) -> [Float] {
    var sum = [Float](repeating: 0, count: embeddings.dimension)
    var seen = Set<Int>()
    for carrier in carriers where seen.insert(carrier.row).inserted {
      VectorMath.add(embeddings.row(carrier.row), weight: Float(max(carrier.confidence, 1e-3)), to: &sum)
    }
    return VectorMath.normalized(sum)
  }
}

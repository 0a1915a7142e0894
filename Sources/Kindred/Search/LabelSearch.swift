import Foundation
import GRDB
import VectorIndex

/// Search by label: the images that carry it, then those that do not but look as if they should.
///
/// The score of every hit is made from its cosine with the centroid of the images that carry the label. Images that
/// carry it are in the order of that; the others are in the order that a ``LabelClassifier`` gives them, where there are
/// examples of what the label is not, else in that of the centroid too.
struct LabelSearch {
  let collection: Collection
  let model: LazyModel

  /// The best of so many candidates that the classifier's direction finds are looked at more closely.
  private static func candidateCount(_ top: Int) -> Int { max(200, min(4 * top, top + 1_000)) }

  func search(_ label: String, _ request: SearchRequest, minimumCosine: Float?) throws -> SearchResult {
    var timing = SearchTiming()
    let start = ContinuousClock.now
    let meaning = try collection.meaning(of: label)
    let (moment, allowed, examples) = try collection.read { db in
      (try collection.moment(db), try request.filter.allowed(db), try LabelExamples(meaning, db))
    }
    let carriers = examples.carriers
    let embeddings = try collection.embeddings(at: moment)
    for carrier in carriers { try collection.checkRow(carrier.row, at: moment) }
    for row in examples.negativeRows { try collection.checkRow(row, at: moment) }
    var query = centroid(of: carriers, embeddings)
    let resolver = ExampleResolver(collection: collection, model: model, maximumPixels: request.maximumPixels)
    var unlike: [[Float]] = []
    for example in request.negatives {
      let vector = try resolver.resolve(example, timing: &timing).embedding(in: embeddings)
      VectorMath.add(vector, weight: -QueryVector.negativeWeight / Float(request.negatives.count), to: &query)
      unlike.append(vector)
    }
    query = VectorMath.normalized(query)

    let shownCarriers = carriers.filter { allowed?.images.contains($0.imageID) ?? true }
    // What a person said fills the answer: nothing is left to find.
    let isFilled = shownCarriers.count { !$0.isPredicted } >= request.top
    let classifier =
      isFilled
      ? nil
      : LabelClassifier(
        positives: embeddings.rows(examples.positiveRows(limit: LabelClassifier.mostExamples)),
        negatives: embeddings.rows(examples.negativeRows), unlike: unlike, dimension: embeddings.dimension)
    let labelled = ordered(shownCarriers, classifier, query, embeddings)
    let count = labelled.count
    let shown = labelled.prefix(request.top)
    let wanted = request.top - shown.count
    timing.search += (ContinuousClock.now - start).seconds

    let fetchStart = ContinuousClock.now
    var hits = try collection.read { db in
      try shown.compactMap { item in
        try Collection.record(db, id: item.carrier.imageID)
          .map { SearchHit(record: $0, cosine: item.score, match: .labelled) }
      }
    }
    timing.fetch += (ContinuousClock.now - fetchStart).seconds
    let answer = try neighbors(
      classifier, query, top: wanted, minimumCosine: minimumCosine, request,
      excluding: examples.rejected.union(carriers.map(\.imageID)))
    hits += answer.hits
    timing.search += answer.search
    timing.fetch += answer.fetch
    return SearchResult(
      hits: hits, label: meaning.name, labelledCount: count, exact: answer.exact, hidesMore: answer.hidesMore,
      timing: timing)
  }

  /// Images that carry the label, with their cosines, best first: what a person said before what the network guessed,
  /// and this as the classifier orders it, where there is one.
  private func ordered(
    _ carriers: [LabelExamples.Carrier], _ classifier: LabelClassifier?, _ centroid: [Float],
    _ embeddings: EmbeddingRows
  ) -> [(carrier: LabelExamples.Carrier, score: Float)] {
    var found = zip(carriers, embeddings.scores(of: centroid, rows: carriers.map(\.row)))
      .map { (carrier: $0, score: min(1, max(-1, $1)), value: 0.0) }
    let isPredicted = found.partition { $0.carrier.isPredicted }
    for start in stride(from: isPredicted, to: found.count, by: 512) {
      let block = start..<min(start + 512, found.count)
      guard let values = classifier?.values(of: embeddings.rows(found[block].map(\.carrier.row))) else { break }
      for (place, value) in zip(block, values) { found[place].value = value }
    }
    return found.sorted {
      ($0.carrier.isPredicted ? 0 : 1, $0.value, $0.score, -$0.carrier.imageID)
        > ($1.carrier.isPredicted ? 0 : 1, $1.value, $1.score, -$1.carrier.imageID)
    }.map { ($0.carrier, $0.score) }
  }

  /// Images that do not carry the label, those that fit it best first.
  private func neighbors(
    _ classifier: LabelClassifier?, _ centroid: [Float], top: Int, minimumCosine: Float?, _ request: SearchRequest,
    excluding excluded: Set<Int64>
  ) throws -> Ranking.Answer<SearchHit> {
    let ranking = Ranking(collection: collection, depth: request.depth)
    guard let classifier, top > 0 else {
      return try ranking.nearest(
        to: { _ in centroid }, top: top, minimumCosine: minimumCosine, filter: request.filter, excluding: excluded)
    }
    // Rows mean something only together with the embeddings of the moment that was searched.
    var searched: EmbeddingRows?
    var answer = try ranking.nearest(
      to: { embeddings in
        searched = embeddings
        return classifier.direction
      }, top: Self.candidateCount(top), minimumCosine: nil, filter: request.filter, excluding: excluded)
    guard let searched, !answer.hits.isEmpty else { return answer }
    let start = ContinuousClock.now
    let rows = answer.hits.map(\.record.featureRow)
    let cosines = searched.scores(of: centroid, rows: rows)
    let values = classifier.values(of: searched.rows(rows))
    let order = rows.indices.sorted { (values[$0], -$0) > (values[$1], -$1) }
    let good = order.filter { place in minimumCosine.map { cosines[place] >= $0 } ?? true }
    answer.hidesMore = good.count < min(order.count, top)
    answer.hits = good.prefix(top).map { place in
      SearchHit(record: answer.hits[place].record, cosine: min(1, max(-1, cosines[place])), match: .similar)
    }
    answer.search += (ContinuousClock.now - start).seconds
    return answer
  }

  /// The mean of the carriers' vectors, weighted by confidence; images that hold the same bytes count once.
  private func centroid(of carriers: [LabelExamples.Carrier], _ embeddings: EmbeddingRows) -> [Float] {
    var sum = [Float](repeating: 0, count: embeddings.dimension)
    var seen = Set<Int>()
    for carrier in carriers where seen.insert(carrier.row).inserted {
      VectorMath.add(embeddings.row(carrier.row), weight: Float(max(carrier.confidence, 1e-3)), to: &sum)
    }
    return VectorMath.normalized(sum)
  }
}

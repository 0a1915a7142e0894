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

  func search(_ label: String, _ request: SearchRequest) throws -> SearchResult {
    var timing = SearchTiming()
    let meaning = try collection.meaning(of: label)
    let resolver = ExampleResolver(collection: collection, model: model, maximumPixels: request.maximumPixels)
    let negatives = try request.negatives.map { try resolver.resolve($0, timing: &timing) }
    return try collection.withSnapshot(filter: request.filter) {
      try answer(meaning, without: negatives, request, $0, timing)
    }
  }

  private func answer(
    _ meaning: LabelMeaning, without negatives: [ResolvedExample], _ request: SearchRequest, _ snapshot: SearchSnapshot,
    _ timing: SearchTiming
  ) throws -> SearchResult {
    var timing = timing
    let start = ContinuousClock.now
    let examples = try LabelExamples(meaning, snapshot.db)
    let carriers = examples.carriers
    let embeddings = try snapshot.embeddings()
    for carrier in carriers { try collection.checkRow(carrier.row, at: snapshot.moment) }
    for row in examples.negativeRows { try collection.checkRow(row, at: snapshot.moment) }
    let unlike = try negatives.map { try $0.embedding(in: embeddings) }
    var query = centroid(of: carriers, embeddings)
    for vector in unlike {
      VectorMath.add(vector, weight: -QueryVector.negativeWeight / Float(unlike.count), to: &query)
    }
    query = VectorMath.normalized(query)

    let shownCarriers = carriers.filter { snapshot.allowed?.images.contains($0.imageID) ?? true }
    // What a person said fills the answer: nothing is left to find.
    let isFilled = shownCarriers.count { !$0.isPredicted } >= request.top
    let classifier =
      isFilled
      ? nil
      : LabelClassifier(
        positives: embeddings.rows(examples.positiveRows(limit: LabelClassifier.mostExamples)),
        negatives: embeddings.rows(examples.negativeRows), unlike: unlike, dimension: embeddings.dimension)
    let shown = ordered(shownCarriers, classifier, query, embeddings).prefix(request.top)
    timing.search += (ContinuousClock.now - start).seconds

    let fetchStart = ContinuousClock.now
    let scale = try snapshot.scale()
    var hits = try shown.compactMap { item in
      try Collection.record(snapshot.db, id: item.carrier.imageID)
        .map { SearchHit(record: $0, cosine: item.score, scale: scale, match: .labelled) }
    }
    timing.fetch += (ContinuousClock.now - fetchStart).seconds
    let answer = try neighbors(
      classifier, query, top: request.top - shown.count, request, snapshot,
      excluding: examples.rejected.union(carriers.map(\.imageID)))
    hits += answer.hits
    timing.search += answer.search
    timing.fetch += answer.fetch
    return SearchResult(
      hits: hits, label: meaning.name, labelledCount: shownCarriers.count, exact: answer.exact,
      hidesMore: answer.hidesMore, timing: timing)
  }

  /// Images that carry the label, with their cosines, best first: what a person said before what the network guessed,
  /// and this as the classifier orders it, where there is one.
  private func ordered(
    _ carriers: [LabelExamples.Carrier], _ classifier: LabelClassifier?, _ centroid: [Float],
    _ embeddings: EmbeddingRows
  ) -> [(carrier: LabelExamples.Carrier, score: Float)] {
    var found = zip(carriers, embeddings.scores(of: centroid, rows: carriers.map(\.row)))
      .map { (carrier: $0, score: $1, value: 0.0) }
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
    _ classifier: LabelClassifier?, _ centroid: [Float], top: Int, _ request: SearchRequest, _ snapshot: SearchSnapshot,
    excluding excluded: Set<Int64>
  ) throws -> Ranking.Answer<SearchHit> {
    let ranking = Ranking(snapshot: snapshot, depth: request.depth)
    guard let classifier, top > 0 else {
      return try ranking.nearest(
        to: centroid, top: top, minimumScore: request.minimumScore, excluding: excluded)
    }
    var answer = try ranking.nearest(
      to: classifier.direction, top: Self.candidateCount(top), minimumScore: nil, excluding: excluded)
    let start = ContinuousClock.now
    let (embeddings, scale) = try (snapshot.embeddings(), snapshot.scale())
    let rows = answer.hits.map(\.record.featureRow)
    let cosines = embeddings.scores(of: centroid, rows: rows)
    let values = classifier.values(of: embeddings.rows(rows))
    let least = request.minimumScore.map(scale.cosine(ofScore:)) ?? -.infinity
    let order = rows.indices.sorted { (values[$0], -$0) > (values[$1], -$1) }
    let good = order.filter { cosines[$0] >= least }
    answer.hidesMore = good.count < min(order.count, top)
    answer.hits = good.prefix(top).map { place in
      SearchHit(record: answer.hits[place].record, cosine: cosines[place], scale: scale, match: .similar)
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

import Foundation
import GRDB
import ImageDecoding
import ResNet
import Synchronization
import VectorIndex

/// Answers search requests on one collection.
public final class Searcher: Sendable {
  public let collection: Collection
  private let model: LazyModel

  /// - Parameters:
  ///   - collection: the one to search.
  ///   - loadModel: loads the network; called at most once, and only for a picture that is not in the collection.
  public init(_ collection: Collection, loadModel: @escaping @Sendable () throws -> ImageModel) {
    self.collection = collection
    model = LazyModel(load: loadModel)
  }

  /// Runs a search.
  public func search(_ request: SearchRequest) throws -> SearchResult {
    guard request.top > 0, request.top <= 100_000 else {
      throw KindredError(.invalidArgument, place: "--top \(request.top)", reason: "must be between 1 and 100000")
    }
    guard (0...100_000).contains(request.offset) else {
      throw KindredError(.invalidArgument, place: "offset \(request.offset)", reason: "must be between 0 and 100000")
    }
    var whole = request
    whole.top += request.offset
    var result = try retryingAfterCompaction { try answer(whole) }
    result.hits.removeFirst(min(request.offset, result.hits.count))
    return result
  }

  private func answer(_ request: SearchRequest) throws -> SearchResult {
    if let label = request.label {
      guard request.positives.isEmpty else {
        throw KindredError(
          .invalidArgument, reason: "a search is by label or by image, not both",
          remedy: "To search by image among the images of a label, use --where-label.")
      }
      return try LabelSearch(collection: collection, model: model).search(label, request)
    }
    guard !request.positives.isEmpty else {
      throw KindredError(
        .invalidArgument, reason: "nothing to search for",
        remedy: "Give an image, --label, --id or --vector.")
    }

    var timing = SearchTiming()
    var excluded = Set<Int64>()
    let resolver = ExampleResolver(collection: collection, model: model, maximumPixels: request.maximumPixels)
    func resolved(_ examples: [SearchRequest.Example]) throws -> [ResolvedExample] {
      try examples.map { example in
        if case .identifier(let id) = example { excluded.insert(id) }
        return try resolver.resolve(example, timing: &timing)
      }
    }
    let (positives, negatives) = try (resolved(request.positives), resolved(request.negatives))
    let answer = try collection.withSnapshot(filter: request.filter) { snapshot -> Ranking.Answer<SearchHit> in
      guard snapshot.moment.contentCount > 0 else { return Ranking.Answer() }
      let embeddings = try snapshot.embeddings()
      let query = try QueryVector.combining(
        positives.map { try $0.embedding(in: embeddings) }, without: negatives.map { try $0.embedding(in: embeddings) })
      return try Ranking(snapshot: snapshot, depth: request.depth).nearest(
        to: query, top: request.top, minimumScore: request.minimumScore, excluding: excluded)
    }
    timing.search = answer.search
    timing.fetch = answer.fetch
    return SearchResult(hits: answer.hits, exact: answer.exact, hidesMore: answer.hidesMore, timing: timing)
  }
}

/// Runs a search again when a writer has put another feature file or fit in the place of the one that its transaction saw.
func retryingAfterCompaction<T>(_ body: () throws -> T) throws -> T {
  do { return try body() } catch let error as VectorIndexError where error.code == .notFound {
    do { return try body() } catch let error as VectorIndexError where error.code == .notFound {
      throw KindredError(
        .damagedCollection, place: error.path ?? "index", reason: error.reason,
        remedy: "Run `kindred verify --repair`.")
    }
  }
}

/// A network that is loaded when it is first needed.
final class LazyModel: Sendable {
  private let load: @Sendable () throws -> ImageModel
  private let loaded: Mutex<ImageModel?> = Mutex(nil)

  init(load: @escaping @Sendable () throws -> ImageModel) { self.load = load }

  var isLoaded: Bool { loaded.withLock { $0 != nil } }

  func get(timing: inout SearchTiming) throws -> ImageModel {
    try loaded.withLock { model in
      if let model { return model }
      let start = ContinuousClock.now
      let fresh = try load()
      timing.load += (ContinuousClock.now - start).seconds
      model = fresh
      return fresh
    }
  }
}

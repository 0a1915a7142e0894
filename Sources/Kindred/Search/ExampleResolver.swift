import Dispatch
import Foundation
import GRDB
import ImageDecoding
import ResNet
import VectorIndex

/// What an example gave, from which an embedding is made once it is known how.
enum ResolvedExample: Sendable {
  /// An image of the collection: all views that are stored of it.
  case stored([ViewFeature])
  /// What the network said of another picture, in the order of the collection's views.
  case seen([ViewFeature])
  /// A pooled feature, which stands for every view, or a whole embedding.
  case vector([Float])

  /// L2-normalised.
  func embedding(in embeddings: EmbeddingRows) throws -> [Float] {
    switch self {
    case .stored(let views), .seen(let views): return embeddings.embedding(ofStored: views)
    case .vector(let vector):
      if vector.count == embeddings.features.dimension {
        return embeddings.embedding(of: [ViewFeature(vector: vector)])
      }
      return try QueryVector.unit(vector, dimension: embeddings.dimension, place: "--vector")
    }
  }
}

/// Turns what a person gives as an example into what embeddings are made of.
struct ExampleResolver {
  let collection: Collection
  let model: LazyModel
  let maximumPixels: Int

  func resolve(_ example: SearchRequest.Example, timing: inout SearchTiming) throws -> ResolvedExample {
    switch example {
    case .vector(let vector):
      let dimension = try collection.imageModel.featureDimension
      let embeddingDimension = try collection.embeddingDimension()
      // Either length is good; the error names the feature's.
      let expected = vector.count == embeddingDimension ? embeddingDimension : dimension
      return .vector(try QueryVector.unit(vector, dimension: expected, place: "--vector"))
    case .identifier(let id):
      return .stored(
        try collection.read { db in
          guard let record = try Collection.record(db, id: id) else { throw Collection.unknown(id: id) }
          return try collection.views(at: collection.moment(db), row: record.featureRow)
        })
    case .file(let path):
      return try resolve(bytes: decoder.read(contentsOf: path), name: path, timing: &timing)
    case .bytes(let bytes, let name):
      return try resolve(bytes: bytes, name: name, timing: &timing)
    }
  }

  private var decoder: ImageDecoder {
    get throws {
      ImageDecoder(
        options: DecodingOptions(
          path: collection.settings.decoding,
          minimumShorterSide: try collection.imageModel.preprocessing.shorterSide, maximumPixels: maximumPixels))
    }
  }

  private func resolve(bytes: [UInt8], name: String, timing: inout SearchTiming) throws -> ResolvedExample {
    // What the network said of a picture that is in the collection is known already.
    let digest = ContentHash.sha256(bytes)
    let known = try collection.read { db in
      try Int.fetchOne(db, sql: "SELECT feature_row FROM content WHERE sha256 = ?", arguments: [Data(digest)]).map {
        try collection.views(at: collection.moment(db), row: $0)
      }
    }
    if let known { return .stored(known) }

    let (decoder, views) = try (decoder, collection.settings.views)
    let forms = try collection.imageModel.preprocessing.forms(of: views)
    // While a network is loaded, which takes one processor, others can do what comes after it.
    var ahead: Ahead<FormedImages>?
    if !model.isLoaded {
      ahead = Ahead(on: .global()) { try decoder.decode(bytes, name: name, forms: forms) }
      DispatchQueue.global().async { [collection] in collection.openForSearching() }
    }
    let network = try model.get(timing: &timing)
    let start = ContinuousClock.now
    defer { timing.embed += (ContinuousClock.now - start).seconds }
    let ownForms = network.recipe.forms(of: views)
    let formed =
      try ownForms == forms
      ? ahead?.wait() ?? decoder.decode(bytes, name: name, forms: forms)
      : decoder.decode(bytes, name: name, forms: ownForms)
    let embedding = try Embedder(model: network, views: views).embed(formed: formed.images)
    guard embedding.isUsable else {
      throw KindredError(.invalidArgument, place: name, reason: "the network gave no usable feature for this picture")
    }
    return .seen(embedding.views)
  }
}

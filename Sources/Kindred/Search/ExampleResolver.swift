import Foundation
import GRDB
import ImageDecoding
import ResNet

/// Turns what a person gives as an example into a vector.
struct ExampleResolver {
  let collection: Collection
  let model: LazyModel
  let maximumPixels: Int

  /// - Returns: L2-normalised, of the collection's dimension.
  func vector(of example: SearchRequest.Example, timing: inout SearchTiming) throws -> [Float] {
    switch example {
    case .vector(let vector):
      return try QueryVector.unit(vector, dimension: collection.imageModel.featureDimension, place: "--vector")
    case .identifier(let id):
      return try collection.featureAndRecord(id: id).feature
    case .file(let path):
      return try vector(ofBytes: decoder.read(contentsOf: path), name: path, timing: &timing)
    case .bytes(let bytes, let name):
      return try vector(ofBytes: bytes, name: name, timing: &timing)
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

  private func vector(ofBytes bytes: [UInt8], name: String, timing: inout SearchTiming) throws -> [Float] {
    // A picture that is in the collection has its feature already.
    let digest = ContentHash.sha256(bytes)
    let known = try collection.read { db in
      try Int.fetchOne(db, sql: "SELECT feature_row FROM content WHERE sha256 = ?", arguments: [Data(digest)]).map {
        try collection.feature(at: collection.moment(db), row: $0)
      }
    }
    if let known { return known }

    let network = try model.get(timing: &timing)
    let start = ContinuousClock.now
    defer { timing.embed += (ContinuousClock.now - start).seconds }
    let embedding = try Embedder(model: network).embed(decoder.decode(bytes, name: name).image)
    guard embedding.isUsable else {
      throw KindredError(.invalidArgument, place: name, reason: "the network gave no usable feature for this picture")
    }
    return embedding.normalized
  }
}

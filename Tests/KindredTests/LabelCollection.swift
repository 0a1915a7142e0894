import Foundation
import ImageDecoding
import VectorIndex

@testable import Kindred

/// A collection of vectors about given centres in the place of pictures, for tests of labels.
struct LabelCollection {
  let sandbox: Sandbox
  let collection: Collection
  /// The centre that each image lies about, by identifier.
  private(set) var centres: [Int64: Int] = [:]

  /// - Parameters:
  ///   - counts: images about each centre.
  ///   - spread: how far they lie from it.
  ///   - predictions: the network's labels for images about a centre.
  init(counts: [Int], spread: Float, seed: UInt64, predictions: (Int) -> [Label] = { _ in [] }) throws {
    print("seed \(seed)")
    sandbox = try Sandbox()
    collection = try sandbox.collection()
    let writer = try CollectionWriter(collection)
    var generator = SeededGenerator(seed: seed)
    let dimension = writer.features.dimension
    let places = counts.map { _ in (0..<dimension).map { _ in Float.random(in: 0...1, using: &generator) } }
    var entries: [BatchEntry] = []
    for (centre, count) in counts.enumerated() {
      for number in 0..<count {
        let vector = places[centre].map { $0 + Float.random(in: -spread...spread, using: &generator) }
        let content = NewContent(
          byteCount: 1, metadata: ImageMetadata(format: .jpeg, width: 1, height: 1),
          embedding: Embedding(
            views: collection.settings.views.map { _ in ViewFeature(vector: vector) }, predictions: predictions(centre))
        )
        entries.append(
          BatchEntry(
            file: WalkedFile(path: "/pictures/\(centre)/\(number).jpg", byteCount: 1, modified: 0),
            outcome: .embedded(sha256: ContentHash.sha256(Array("\(centre)/\(number)".utf8)), content),
            folderLabels: []))
      }
    }
    _ = try writer.commit(entries)
    try collection.forEachRecord { record in
      centres[record.id] = record.path.split(separator: "/").dropFirst().first.flatMap { Int($0) }
    }
  }

  /// Images about a centre, in the order of identifiers.
  func images(_ centre: Int) -> [Int64] { centres.filter { $0.value == centre }.keys.sorted() }

  func add(_ label: String, to images: some Sequence<Int64>, source: Label.Source = .manual) throws {
    _ = try CollectionWriter(collection).addLabel(label, to: Array(images), source: source)
  }
}

import Foundation
import ImageDecoding
import Inference
import ResNet
import Synchronization
import Testing

@testable import Kindred

/// A temporary folder with pictures and a collection, gone when the test ends.
final class Sandbox {
  let root: String
  var pictures: String { root + "/pictures" }
  var index: String { root + "/index/default" }

  init() throws {
    let made = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("kindred-tests-\(UUID().uuidString)").path
    root = made
    try FileManager.default.createDirectory(atPath: made + "/pictures", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  // MARK: Pictures

  /// Writes a JPEG of coloured stripes; pictures of one hue are near each other.
  @discardableResult
  func picture(_ name: String, hue: Int, variant: Int = 0, side: Int = 48) throws -> String {
    let path = pictures + "/" + name
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(Self.jpeg(hue: hue, variant: variant, side: side)).write(to: URL(fileURLWithPath: path))
    return path
  }

  static func jpeg(hue: Int, variant: Int = 0, side: Int = 48) -> [UInt8] {
    let colours: [(UInt8, UInt8, UInt8)] = [
      (220, 30, 30), (30, 200, 40), (40, 60, 230), (230, 210, 40), (200, 40, 200),
    ]
    let colour = colours[hue % colours.count]
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    for row in 0..<side {
      for column in 0..<side {
        let isStripe = (row + column * (hue + 1) + variant * 3) / 6 % 2 == 0
        let shade = UInt8((row * 2 + variant * 11) % 30)
        pixels += isStripe ? [colour.0 - shade, colour.1, colour.2] : [240 - shade, 240, 235]
      }
    }
    return RGBImage(width: side, height: side, pixels: pixels).jpegData(quality: 90)
  }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: pictures + "/" + name, atomically: true, encoding: .utf8)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: pictures + "/" + name) }

  func move(_ name: String, to newName: String) throws {
    let destination = pictures + "/" + newName
    try FileManager.default.createDirectory(
      atPath: (destination as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: pictures + "/" + name, toPath: destination)
  }

  /// Sets a file's modification time.
  func touch(_ name: String, seconds: Int) throws {
    var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, pictures + "/" + name, &times, 0) == 0)
  }

  // MARK: Collections

  /// A small network of the paper's CIFAR family with seeded weights: real layers, and quick.
  static func model() throws -> ImageModel {
    let recipe = PreprocessingRecipe(
      shorterSide: 36, crop: 32, channelOrder: .rgb, scale: 1 / 255, mean: [0.5, 0.5, 0.5],
      standardDeviation: [0.25, 0.25, 0.25])
    let spec = try #require(ResNetSpec(named: "cifar-resnet20"))
    return try ImageModel(graph: spec.graph(randomSeed: 7), recipe: recipe, name: "test", executor: .openBLAS)
  }

  static func described(_ model: ImageModel) -> CollectionSettings.Model {
    .init(
      name: "test", sha256: String(repeating: "ab", count: 32), preprocessing: model.recipe,
      featureDimension: model.featureDimension, classCount: model.classCount)
  }

  /// Settings of the format's first version: one view in single precision.
  static func firstSettings(_ model: ImageModel) -> CollectionSettings { CollectionSettings(model: described(model)) }

  static func settings(_ model: ImageModel) -> CollectionSettings {
    CollectionSettings(model: described(model), recipe: recipe(model))
  }

  static func recipe(_ model: ImageModel) -> EmbeddingRecipe {
    // Its random weights see little but colours, and these best in one view.
    EmbeddingRecipe(.plain, for: described(model))
  }

  func collection() throws -> Collection {
    if Collection.exists(at: index) { return try Collection(at: index) }
    let model = try Self.model()
    return try Collection.create(at: index, settings: Self.settings(model), recipe: Self.recipe(model))
  }

  /// A collection as the format's first version made it.
  func firstCollection() throws -> Collection {
    try Collection.create(at: index, settings: Self.firstSettings(Self.model()))
  }

  /// Runs the indexer over the pictures.
  @discardableResult
  func run(_ options: IndexOptions = IndexOptions(), stopAfter batches: Int? = nil) throws -> IndexSummary {
    let collection = try collection()
    let counter = Counter()
    let indexer = Indexer(
      writer: try CollectionWriter(collection), loadModel: Self.model, options: options,
      isCancelled: { counter.next() >= batches ?? Int.max })
    return try indexer.run([pictures])
  }

  func search(_ change: (inout SearchRequest) throws -> Void) throws -> SearchResult {
    var request = SearchRequest()
    try change(&request)
    return try Searcher(collection(), loadModel: Self.model).search(request)
  }

  func names(_ result: SearchResult) -> [String] {
    result.hits.map { String($0.record.path.dropFirst(pictures.count + 1)) }
  }
}

/// Counts calls from several threads.
final class Counter: Sendable {
  private let value = Mutex(0)
  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}

/// A small repeatable generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension Collection {
  /// The feature in a row.
  func feature(row: Int) throws -> [Float] { try feature(at: moment(), row: row, norm: 1) }
}

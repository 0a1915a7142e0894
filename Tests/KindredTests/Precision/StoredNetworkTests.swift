import Foundation
import Inference
import ResNet
import Testing

@testable import Kindred

/// Networks in int8 that are kept beside their calibration.
@Suite struct StoredNetworkTests {
  private let folder: TemporaryFolder
  private let store: ModelStore

  init() throws {
    folder = try TemporaryFolder()
    store = ModelStore(directory: folder.path + "/models", environment: [:])
  }

  private func calibrated(_ reference: ModelReference, seed: UInt64 = 1) throws -> Calibration {
    let model = try reference.load(store: store)
    let observer = try model.makeActivationObserver()
    try observer.observe(Self.pictures(4, model, seed: seed))
    let calibration = Calibration(
      sha256: reference.sha256, preprocessing: model.recipe, statistics: observer.statistics, calibrationCount: 3,
      comparisonCount: 1, meanCosine: 0.999, leastCosine: 0.9)
    try store.store(calibration)
    return calibration
  }

  private static func pictures(_ count: Int, _ model: ImageModel, seed: UInt64) -> Tensor {
    var random = SeededBytes(state: seed)
    let side = model.recipe.crop
    return Tensor(
      shape: [count, 3, side, side], values: random.bytes(count * 3 * side * side).map { Float($0) / 64 - 2 })
  }

  private func load(_ reference: ModelReference) throws -> ImageModel {
    try reference.load(precision: .integer, store: store)
  }

  private func imported() async throws -> ModelReference {
    let file = folder.path + "/mine.safetensors"
    try TinyNetwork.write(to: file, seed: 3)
    return try await store.import(file)
  }

  @Test func aSecondStartReadsWhatTheFirstKept() async throws {
    let reference = try await imported()
    let calibration = try calibrated(reference)
    let path = store.storedPath(reference.sha256)
    #expect(store.storedNetwork(reference, statistics: calibration.statistics, threads: nil) == nil)
    let first = try load(reference)
    #expect(FileManager.default.fileExists(atPath: path))
    let second = try #require(store.storedNetwork(reference, statistics: calibration.statistics, threads: nil))
    #expect(second.precision == .integer && second.recipe == first.recipe && second.spec == first.spec)
    #expect(second.classCount == first.classCount && second.featureDimension == first.featureDimension)
    let input = Self.pictures(3, first, seed: 2)
    let (expected, actual) = (try first.run(input), try second.run(input))
    #expect(expected.features == actual.features && expected.logits == actual.logits)
    #expect(store.list().filter { !$0.known }.map(\.name) == ["mine"])

    // It has no weights that other numbers could be made of.
    #expect(throws: InferenceError.self) { try second.makeActivationObserver() }
    #expect(throws: InferenceError.self) { try ImageModel(second, arithmetic: .single) }
    // Nobody who asks for other numbers gets it.
    #expect(try reference.load(store: store).precision == .single)
    #expect(try reference.load(executor: .openBLAS, precision: .auto, store: store).precision == .single)
  }

  @Test func whatIsOfSomethingElseIsMadeAnew() async throws {
    let reference = try await imported()
    let calibration = try calibrated(reference)
    _ = try load(reference)
    #expect(store.storedNetwork(reference, statistics: calibration.statistics, threads: nil) != nil)
    var other = reference
    other.sha256 = String(repeating: "ab", count: 32)
    try FileManager.default.copyItem(
      atPath: store.storedPath(reference.sha256), toPath: store.storedPath(other.sha256))
    #expect(store.storedNetwork(other, statistics: calibration.statistics, threads: nil) == nil)

    let later = try calibrated(reference, seed: 9)
    #expect(later.statistics != calibration.statistics)
    #expect(store.storedNetwork(reference, statistics: later.statistics, threads: nil) == nil)
    let made = try load(reference)
    let kept = try #require(store.storedNetwork(reference, statistics: later.statistics, threads: nil))
    let input = Self.pictures(1, made, seed: 5)
    #expect(try kept.run(input).features == made.run(input).features)
  }

  @Test func damagedOnesAreMadeAnew() async throws {
    let reference = try await imported()
    let calibration = try calibrated(reference)
    let input = Self.pictures(1, try load(reference), seed: 2)
    let expected = try load(reference).run(input).features
    let path = store.storedPath(reference.sha256)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var changed = whole
    changed[whole.count / 2] ^= 1
    for damaged in [Data(), whole.prefix(30), whole.dropLast(), changed, whole + [0]] {
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(store.storedNetwork(reference, statistics: calibration.statistics, threads: nil) == nil)
      #expect(try load(reference).run(input).features == expected)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    }
    // Where it can't be kept, everything else goes on.
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try load(reference).run(input).features == expected)
  }
}

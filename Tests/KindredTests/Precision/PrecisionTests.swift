import Foundation
import ImageDecoding
import Inference
import ResNet
import Testing

@testable import Kindred

@Suite struct PrecisionTests {
  /// The tests' usual network, run by the library that has int8.
  private static func model() throws -> ImageModel {
    let spec = try #require(ResNetSpec(named: "cifar-resnet20"))
    return try ImageModel(graph: spec.graph(randomSeed: 7), recipe: Sandbox.model().recipe, name: "test")
  }

  private func calibration(_ model: ImageModel, meanCosine: Float = 0.999) -> Calibration {
    Calibration(
      sha256: Sandbox.described(model).sha256, preprocessing: model.recipe,
      statistics: ActivationStatistics(limits: ["x": 1]), calibrationCount: 3, comparisonCount: 1,
      meanCosine: meanCosine,
      leastCosine: 0.9)
  }

  private func indexer(
    _ sandbox: Sandbox, _ choice: PrecisionChoice, _ phases: PhaseList = PhaseList()
  ) throws -> Indexer {
    var options = IndexOptions()
    options.precision = choice
    options.models = ModelStore(directory: sandbox.root + "/models")
    return Indexer(
      writer: try CollectionWriter(sandbox.collection()), loadModel: Self.model, options: options,
      report: { phases.add($0.phase) })
  }

  private final class PhaseList {
    private(set) var all: [IndexProgress.Phase] = []
    func add(_ phase: IndexProgress.Phase) { all.append(phase) }
  }

  // MARK: Choice

  @Test func autoNeedsACalibrationThatKeepsTheQuality() throws {
    let model = try Self.model()
    let good = calibration(model)
    let poor = calibration(model, meanCosine: 0.98)
    func choose(_ choice: PrecisionChoice, _ calibration: Calibration?, _ kind: ExecutorKind = .oneDNN) throws
      -> Precision
    {
      try choice.arithmetic(calibration: calibration, executor: kind, name: "test").precision
    }
    #expect(try choose(.auto, nil) == .single)
    #expect(try choose(.auto, poor) == .single)
    #expect(try choose(.auto, good) == (Processor.hasFastIntegers ? .integer : .single))
    #expect(try choose(.auto, good, .openBLAS) == .single)
    #expect(try choose(.single, good) == .single)
    #expect(try choose(.integer, poor) == .integer)
    #expect(try choose(.brainFloat, nil) == .brainFloat)
    let error = #expect(throws: KindredError.self) { try choose(.integer, nil) }
    #expect(error?.code == .notCalibrated)
    #expect(error?.remedy?.contains("kindred model quantize test --calibrate") == true)
  }

  // MARK: Store

  @Test func calibrationsAreKeptForOneModelAndPreprocessing() throws {
    let sandbox = try Sandbox()
    let store = ModelStore(directory: sandbox.root + "/models")
    let model = try Self.model()
    let own = calibration(model)
    #expect(store.calibration(sha256: own.sha256, preprocessing: model.recipe) == nil)
    try store.store(own)
    #expect(store.calibration(sha256: own.sha256, preprocessing: model.recipe) == own)
    #expect(store.calibration(sha256: own.sha256, preprocessing: .caffe) == nil)
    #expect(store.calibration(sha256: String(repeating: "cd", count: 32), preprocessing: model.recipe) == nil)
    // Names that lead elsewhere are none.
    #expect(store.calibration(sha256: "../../default", preprocessing: model.recipe) == nil)
    #expect(store.list().filter { !$0.known }.isEmpty)

    let path = sandbox.root + "/models/calibrations/\(own.sha256).json"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for damaged in [whole.prefix(whole.count / 2), Data("{}".utf8), Data()] {
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(store.calibration(sha256: own.sha256, preprocessing: model.recipe) == nil)
    }
    var later = own
    later.version = Calibration.currentVersion + 1
    try store.store(later)
    #expect(store.calibration(sha256: own.sha256, preprocessing: model.recipe) == nil)
  }

  // MARK: Indexing

  @Test func indexingInIntegersCalibratesOnce() throws {
    let sandbox = try Sandbox()
    for number in 0..<24 { try sandbox.picture("\(number).jpg", hue: number, variant: number / 5) }
    try sandbox.write("notes.jpg", "no picture")
    let phases = PhaseList()
    let summary = try indexer(sandbox, .integer, phases).run([sandbox.pictures])
    #expect(summary.indexed == 24)
    #expect(summary.precision == .integer)
    #expect(phases.all.contains(.calibrating))
    let collection = try sandbox.collection()
    #expect(try collection.precision() == .integer)
    #expect(try CollectionStatistics(collection).precision == .integer)

    let model = try Self.model()
    let store = ModelStore(directory: sandbox.root + "/models")
    let made = try #require(
      store.calibration(sha256: Sandbox.described(model).sha256, preprocessing: model.recipe))
    #expect(made.calibrationCount + made.comparisonCount == 24)
    #expect(made.keepsQuality && made.leastCosine <= made.meanCosine && made.meanCosine <= 1.0001)

    // A second run takes what is there, and so does `auto` with a single picture.
    try sandbox.picture("more.jpg", hue: 1, variant: 9)
    let again = PhaseList()
    #expect(try indexer(sandbox, .integer, again).run([sandbox.pictures]).precision == .integer)
    #expect(!again.all.contains(.calibrating))
    // Nothing to do: nothing ran, and what is noted stays.
    #expect(try indexer(sandbox, .auto).run([sandbox.pictures]).precision == nil)
    #expect(try collection.precision() == .integer)
  }

  @Test func fewPicturesStayInSinglePrecision() throws {
    let sandbox = try Sandbox()
    for number in 0..<4 { try sandbox.picture("\(number).jpg", hue: number) }
    let error = #expect(throws: KindredError.self) { try indexer(sandbox, .integer).run([sandbox.pictures]) }
    #expect(error?.code == .notCalibrated)
    let phases = PhaseList()
    let summary = try indexer(sandbox, .auto, phases).run([sandbox.pictures])
    #expect(summary.precision == .single && summary.indexed == 4)
    #expect(!phases.all.contains(.calibrating))
    #expect(try sandbox.collection().precision() == .single)
  }

  @Test func precisionsOfOneModelAreNear() throws {
    let sandbox = try Sandbox()
    let paths = try (0..<20).map { try sandbox.picture("\($0).jpg", hue: $0, variant: $0) }
    let model = try Self.model()
    let calibrator = Calibrator(model: model, sha256: Sandbox.described(model).sha256)
    let decoder = ImageDecoder()
    #expect(try calibrator.calibrate(on: Array(paths.prefix(10)) + ["nowhere.jpg"], decoder: decoder) == nil)
    #expect(try calibrator.calibrate(on: paths, decoder: decoder, isCancelled: { true }) == nil)
    let calibration = try #require(try calibrator.calibrate(on: paths, decoder: decoder))
    #expect(calibration.calibrationCount == 15 && calibration.comparisonCount == 5)
    #expect(calibration.meanCosine > 0.99)
    let integers = try ImageModel(model, arithmetic: .integer(calibration.statistics))
    #expect(integers.precision == .integer && model.precision == .single)
    let picture = try decoder.decode(contentsOf: paths[0]).image
    #expect(try Embedder(model: integers).embed(picture) != Embedder(model: model).embed(picture))
  }
}

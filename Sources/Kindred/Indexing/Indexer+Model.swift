import Foundation
import ImageDecoding
import Inference
import ResNet

extension Indexer {
  func decoder(for model: ImageModel) -> ImageDecoder {
    ImageDecoder(
      options: DecodingOptions(
        path: writer.collection.settings.decoding, minimumShorterSide: model.recipe.shorterSide,
        maximumPixels: options.maximumPixels, maximumFileBytes: 256 << 20))
  }

  /// The network in the precision asked for, calibrated on the files to be indexed where it is not yet.
  /// - Returns: `nil` when cancelled.
  func readyModel(_ plan: IndexPlan) throws -> ImageModel? {
    let model = try loadModel()
    guard options.precision == .integer || options.precision == .auto, model.precision != .integer,
      model.canUseIntegers
    else { return model }
    let isWorthwhile = Processor.hasFastIntegers && plan.work.count >= IndexOptions.calibrationWorth
    guard options.precision == .integer || isWorthwhile else { return model }
    guard let calibration = try calibration(of: model, plan) else {
      guard !isCancelled() else { return nil }
      guard options.precision == .auto else {
        let name = try writer.collection.imageModel.name
        throw KindredError(
          .notCalibrated, place: name,
          reason: "int8 takes a calibration on at least \(Calibrator.leastCount) pictures, and there are fewer here",
          remedy: "Run: kindred model quantize \(name) --calibrate FOLDER")
      }
      return model
    }
    if calibration.keepsQuality || options.precision == .integer {
      return try ImageModel(model, arithmetic: .integer(calibration.statistics))
    }
    return Processor.hasBrainFloat ? try ImageModel(model, arithmetic: .brainFloat) : model
  }

  /// The model's calibration, made on the files to be indexed where there is none yet.
  /// - Returns: `nil` when cancelled, or where too few files are pictures.
  func calibration(of model: ImageModel, _ plan: IndexPlan) throws -> Calibration? {
    let sha256 = try writer.collection.imageModel.sha256
    if let known = options.models.calibration(sha256: sha256, preprocessing: model.recipe) { return known }
    let files = plan.work.evenlyDrawn(Calibrator.usualCount).map(\.path)
    let calibration = try Calibrator(model: model, sha256: sha256).calibrate(
      on: files, decoder: decoder(for: model), isCancelled: isCancelled
    ) { report(IndexProgress(phase: .calibrating, completed: $0, total: $1, embedded: 0)) }
    if let calibration { try options.models.store(calibration) }
    return calibration
  }
}

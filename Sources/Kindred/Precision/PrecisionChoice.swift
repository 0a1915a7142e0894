import Inference

/// Which numbers a network is asked to run in.
public enum PrecisionChoice: String, Sendable, Codable, CaseIterable {
  /// The fastest that the processor runs natively and that is known to keep the quality: int8 where the model has a
  /// calibration that says so, else f32. Indexing many pictures makes the calibration, see ``IndexOptions/precision``.
  case auto
  case single = "f32"
  case brainFloat = "bf16"
  case integer = "int8"

  public init(_ precision: Precision) {
    self =
      switch precision {
      case .single: .single
      case .brainFloat: .brainFloat
      case .integer: .integer
      }
  }

  /// What to run a model in on this machine.
  /// - Parameters:
  ///   - calibration: the model's own; `nil` where there is none.
  ///   - executor: the library that shall run it.
  ///   - name: the model's, for errors.
  /// - Throws: ``KindredError/Code/notCalibrated`` for int8 without a calibration.
  func arithmetic(
    calibration: Calibration?, executor: ExecutorKind, name: String
  ) throws(KindredError) -> Arithmetic {
    switch self {
    case .single: return .single
    case .brainFloat: return .brainFloat
    case .integer:
      guard let calibration else {
        throw KindredError(
          .notCalibrated, place: name, reason: "int8 takes a calibration on pictures, and this model has none here",
          remedy: "Run: kindred model quantize \(name) --calibrate FOLDER")
      }
      return .integer(calibration.statistics)
    case .auto:
      guard executor == .oneDNN else { return .single }
      guard let calibration, calibration.keepsQuality, Processor.hasFastIntegers else { return .single }
      return .integer(calibration.statistics)
    }
  }
}

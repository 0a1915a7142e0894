import Inference
import ResNet

/// What int8 takes to run a model, and how near its features came to those of f32.
public struct Calibration: Sendable, Equatable, Codable {
  static let currentVersion = 2

  public var version = Calibration.currentVersion
  /// Of the weight file, 64 hexadecimal digits.
  public var sha256: String
  /// How the pictures were prepared.
  public var preprocessing: PreprocessingRecipe
  public var statistics: ActivationStatistics
  /// Pictures that the ranges were taken from.
  public var calibrationCount: Int
  /// Other pictures, whose features were compared.
  public var comparisonCount: Int
  /// Cosine of the features in int8 and in f32 over the pictures compared: the mean and the least.
  public var meanCosine: Float
  public var leastCosine: Float

  /// Features nearer than this are taken for interchangeable.
  public static let leastMeanCosine: Float = 0.985

  /// Whether features in int8 and in f32 may share a collection.
  public var keepsQuality: Bool { meanCosine >= Calibration.leastMeanCosine }
}

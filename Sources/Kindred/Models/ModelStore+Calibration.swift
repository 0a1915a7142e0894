import Foundation
import ResNet

// Calibrations lie beside the models, named by the weight files' SHA-256, so that models outside the store have them
// too.
extension ModelStore {
  /// More than that of any network: ResNet-152's has 0.4 MB.
  private static let largestCalibration = 1 << 24

  private var calibrationDirectory: String { path("calibrations") }

  private func calibrationPath(_ sha256: String) -> String { "\(calibrationDirectory)/\(sha256).json" }

  /// The calibration of a model; `nil` where there is none, or it can't be read or is for other preprocessing.
  /// - Parameter preprocessing: how the model's pictures are prepared; whatever the calibration is for when `nil`.
  public func calibration(sha256: String, preprocessing: PreprocessingRecipe? = nil) -> Calibration? {
    guard sha256.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }),
      let bytes = StoreFile.bytes(calibrationPath(sha256), most: Self.largestCalibration),
      let calibration = try? JSONDecoder().decode(Calibration.self, from: Data(bytes)),
      calibration.version == Calibration.currentVersion, calibration.sha256 == sha256,
      preprocessing == nil || calibration.preprocessing == preprocessing
    else { return nil }
    return calibration
  }

  /// Keeps a model's calibration in the place of an older one.
  public func store(_ calibration: Calibration) throws(ModelStoreError) {
    try StoreFile.createDirectory(calibrationDirectory)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data: Data
    do { data = try encoder.encode(calibration) } catch {
      throw ModelStoreError(
        code: .unwritable, place: calibrationPath(calibration.sha256), reason: "the calibration holds no numbers")
    }
    try StoreFile.replace(calibrationPath(calibration.sha256), with: data)
  }
}

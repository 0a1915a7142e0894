import ImageDecoding
import Inference
import ResNet
import VectorIndex

/// Finds what int8 takes from pictures, and compares its features with those of f32.
public struct Calibrator {
  /// Pictures that are taken by themselves.
  public static let usualCount = 128
  /// With fewer than this the ranges would be those of single pictures.
  public static let leastCount = 16

  private let model: ImageModel
  private let sha256: String

  /// - Parameters:
  ///   - model: in single precision.
  ///   - sha256: of its weight file.
  public init(model: ImageModel, sha256: String) {
    self.model = model
    self.sha256 = sha256
  }

  /// Files below a folder, evenly drawn.
  /// - Throws: ``KindredError/Code/unreadableFolder``.
  public static func files(under folder: String, count: Int) throws -> [String] {
    try FolderWalker().walk([folder]).files.map(\.path).evenlyDrawn(count)
  }

  /// Takes ranges from three quarters of the pictures and compares features over the rest.
  /// - Parameters:
  ///   - paths: pictures; those that can't be decoded are left out.
  ///   - decoder: decodes them.
  ///   - isCancelled: asked between pictures.
  /// - Returns: `nil` when cancelled, or where fewer than ``leastCount`` pictures could be decoded.
  public func calibrate(
    on paths: [String], decoder: ImageDecoder, isCancelled: () -> Bool = { false },
    report: (_ completed: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Calibration? {
    let observer = try model.makeActivationObserver()
    var kept: [[Float]] = []
    var count = 0
    for (index, path) in paths.enumerated() {
      report(index, paths.count)
      if isCancelled() { return nil }
      guard let picture = try? decoder.decode(contentsOf: path).image else { continue }
      let input = model.prepare(picture)
      count += 1
      if count % 4 == 0 { kept.append(input) } else { try observer.observe(batch([input])) }
    }
    guard count >= Self.leastCount else { return nil }
    let statistics = observer.statistics
    let integers = try ImageModel(model, arithmetic: .integer(statistics))
    var cosines: [Float] = []
    for start in stride(from: 0, to: kept.count, by: 8) {
      let inputs = batch(Array(kept[start..<min(start + 8, kept.count)]))
      let (exact, approximate) = (try model.run(inputs).features.rows, try integers.run(inputs).features.rows)
      for (first, second) in zip(exact, approximate) {
        cosines.append(VectorMath.dot(VectorMath.normalized(first), VectorMath.normalized(second)))
      }
    }
    return Calibration(
      sha256: sha256, preprocessing: model.recipe, statistics: statistics, calibrationCount: count - kept.count,
      comparisonCount: kept.count, meanCosine: cosines.reduce(0, +) / Float(cosines.count),
      leastCosine: cosines.min() ?? 0)
  }

  private func batch(_ inputs: [[Float]]) -> Tensor {
    let side = model.recipe.crop
    return Tensor(shape: [inputs.count, 3, side, side], values: Array(inputs.joined()))
  }
}

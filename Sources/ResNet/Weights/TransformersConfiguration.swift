import Foundation

/// What the `config.json` beside a weight file of Hugging Face transformers says that its tensors don't.
struct TransformersConfiguration: Decodable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private var model_type: String?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private var downsample_in_bottleneck: Bool?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private var downsample_in_first_stage: Bool?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private var hidden_act: String?
  private var path: String?

  /// Far more than any configuration has.
  private static let maximumBytes = 1 << 20

  /// - Returns: `nil` where there is no such file, or it describes another kind of model.
  init?(beside weightFile: String) throws(WeightFileError) {
    let path = URL(fileURLWithPath: weightFile).deletingLastPathComponent().appendingPathComponent("config.json").path
    let handle: WeightFileHandle
    do {
      handle = try WeightFileHandle(path: path)
    } catch  where error.code == .notFound {
      return nil
    }
    guard handle.size <= Self.maximumBytes else { return nil }
    let bytes = try handle.bytes(at: 0, count: handle.size)
    guard let decoded = try? JSONDecoder().decode(Self.self, from: Data(bytes)), decoded.model_type == "resnet" else {
      return nil
    }
    self = decoded
    self.path = path
  }

  /// - Throws: ``WeightFileError`` `unknownArchitecture` where the network differs from the paper's.
  func apply(to spec: inout ResNetSpec) throws(WeightFileError) {
    if downsample_in_first_stage == true {
      throw ResNetSpec.unrecognized(path ?? "", place: "downsample_in_first_stage", "a first stage that halves the map")
    }
    if let hidden_act, hidden_act != "relu" {
      throw ResNetSpec.unrecognized(path ?? "", place: "hidden_act", "\(hidden_act) instead of ReLU")
    }
    spec.bottleneckStride = downsample_in_bottleneck == true ? .pointwise : .spatial
  }
}

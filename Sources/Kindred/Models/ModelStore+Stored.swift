import Foundation
import Inference
import ResNet

// Networks in int8 lie beside their calibrations. They can be deleted at any time, and are made again.
extension ModelStore {
  /// What a stored network is of; with any difference it is made anew.
  private struct Key: Codable, Equatable {
    /// Grows with each change of how graphs are optimised or stored.
    var version = 2
    var program = kindredVersion
    var sha256: String
    /// What was asked for; `nil` for the weight file's own.
    var preprocessing: PreprocessingRecipe?
    var statistics: ActivationStatistics
    /// Without, weights are rounded otherwise.
    var hasIntegerDotProducts = Processor.hasIntegerDotProducts

    init(_ reference: ModelReference, _ statistics: ActivationStatistics) {
      (sha256, preprocessing, self.statistics) = (reference.sha256, reference.recipe?.preprocessing, statistics)
    }
  }

  private static let magic = Array("kindred int8 network\n".utf8)
  /// More than any network in int8.
  private static let largest = 1 << 30

  func storedPath(_ sha256: String) -> String { path("calibrations/\(sha256).int8") }

  /// The network that was kept of a model; `nil` where there is none for these ranges, or it is damaged.
  func storedNetwork(_ reference: ModelReference, statistics: ActivationStatistics, threads: Int?) -> ImageModel? {
    guard let bytes = StoreFile.bytes(storedPath(reference.sha256), most: Self.largest),
      bytes.count > Self.magic.count + ContentHash.byteCount
    else { return nil }
    let content = bytes.dropLast(ContentHash.byteCount)
    guard content.starts(with: Self.magic),
      ContentHash.sha256(content).elementsEqual(bytes.suffix(ContentHash.byteCount))
    else { return nil }
    var rest = content.dropFirst(Self.magic.count)
    guard let key = FramedJSON.take(Key.self, from: &rest), key == Key(reference, statistics) else { return nil }
    return try? ImageModel(stored: rest, statistics: statistics, threads: threads)
  }

  /// Keeps a network in int8 in the place of an older one. Where that can't be done, the next start takes longer.
  func keep(_ model: ImageModel, of reference: ModelReference, statistics: ActivationStatistics) {
    // Preparing what can't be written would make each start longer instead.
    guard access(path("calibrations"), W_OK) == 0 else { return }
    guard let network = try? model.stored(), let key = FramedJSON.bytes(Key(reference, statistics)) else { return }
    let content = Self.magic + key + network
    try? StoreFile.replace(storedPath(reference.sha256), with: Data(content + ContentHash.sha256(content)))
  }
}

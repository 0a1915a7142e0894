import Crypto
import Foundation
import Inference
import ResNet

// Networks in int8 lie beside their calibrations. They can be deleted at any time, and are made again.
extension ModelStore {
  /// What a stored network is of; with any difference it is made anew.
  private struct Key: Codable, Equatable {
    /// Grows with each change of how graphs are optimised or stored.
    var version = 1
    var program = kindredVersion
    var sha256: String
    /// What was asked for; `nil` for the weight file's own.
    var preprocessing: PreprocessingRecipe?
    var ranges: ActivationRanges
    /// Without, weights are rounded otherwise.
    var hasIntegerDotProducts = Processor.hasIntegerDotProducts

    init(_ reference: ModelReference, _ ranges: ActivationRanges) {
      (sha256, preprocessing, self.ranges) = (reference.sha256, reference.recipe?.preprocessing, ranges)
    }
  }

  private static let magic = Array("kindred int8 network\n".utf8)
  /// More than any network in int8.
  private static let largest = 1 << 30

  func storedPath(_ sha256: String) -> String { path("calibrations/\(sha256).int8") }

  /// The network that was kept of a model; `nil` where there is none for these ranges, or it is damaged.
  func storedNetwork(_ reference: ModelReference, ranges: ActivationRanges, threads: Int?) -> ImageModel? {
    guard let bytes = StoreFile.bytes(storedPath(reference.sha256), most: Self.largest),
      bytes.count > Self.magic.count + SHA256.byteCount + 4
    else { return nil }
    let content = bytes.dropLast(SHA256.byteCount)
    guard content.starts(with: Self.magic),
      SHA256.hash(data: content).elementsEqual(bytes.suffix(SHA256.byteCount))
    else { return nil }
    let rest = content.dropFirst(Self.magic.count)
    let length = rest.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
    guard length <= rest.count - 4,
      let key = try? JSONDecoder().decode(Key.self, from: Data(rest.dropFirst(4).prefix(length))),
      key == Key(reference, ranges)
    else { return nil }
    return try? ImageModel(stored: rest.dropFirst(4 + length), ranges: ranges, threads: threads)
  }

  /// Keeps a network in int8 in the place of an older one. Where that can't be done, the next start takes longer.
  func keep(_ model: ImageModel, of reference: ModelReference, ranges: ActivationRanges) {
    // Preparing what can't be written would make each start longer instead.
    guard access(path("calibrations"), W_OK) == 0 else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let network = try? model.stored(), let key = try? encoder.encode(Key(reference, ranges)),
      let length = UInt32(exactly: key.count)
    else { return }
    var data = Data(Self.magic)
    withUnsafeBytes(of: length.littleEndian) { data.append(contentsOf: $0) }
    data.append(key)
    data.append(contentsOf: network)
    data.append(contentsOf: SHA256.hash(data: data))
    try? StoreFile.replace(storedPath(reference.sha256), with: data)
  }
}

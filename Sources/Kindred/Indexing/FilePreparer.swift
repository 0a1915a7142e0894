import Foundation
import ImageDecoding
import ResNet

/// Takes one file from its path to the network's input, on any thread.
struct FilePreparer: Sendable {
  /// What became of a file.
  enum Outcome: Sendable {
    case prepared(sha256: [UInt8], metadata: ImageMetadata, input: [Float])
    case known(sha256: [UInt8])
    case skipped(code: String, reason: String)
  }

  let collection: Collection
  let embedder: Embedder
  let decoder: ImageDecoder
  /// File bytes that all threads hold at once.
  let fileBudget: MemoryBudget
  /// Decoder memory that all threads hold at once.
  let decodingBudget: MemoryBudget

  func prepare(_ file: WalkedFile) throws -> Outcome {
    do {
      try decoder.checkFormat(contentsOf: file.path)
      return try fileBudget.withBytes(Int(clamping: file.byteCount)) {
        let bytes = try decoder.read(contentsOf: file.path)
        let digest = ContentHash.sha256(bytes)
        if try collection.read({ try Collection.contentID($0, sha256: digest) }) != nil {
          return .known(sha256: digest)
        }
        let header = try decoder.header(of: bytes, name: file.path)
        return try decodingBudget.withBytes(header.estimatedDecodingBytes) {
          let prepared = try embedder.prepare(bytes, name: file.path, decoder: decoder)
          return .prepared(sha256: digest, metadata: prepared.metadata, input: prepared.input)
        }
      }
    } catch let error as ImageDecodingError {
      return .skipped(code: error.code.rawValue, reason: error.reason)
    }
  }
}

import Foundation
import Synchronization
import Testing

@testable import Kindred

/// A small seeded generator (SplitMix64).
struct SeededBytes {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    var words: [UInt64] = []
    for _ in 0..<(count + 7) / 8 { words.append(next()) }
    return words.withUnsafeBytes { Array($0[..<count]) }
  }
}

/// A new folder of a test's own, removed with the value.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A store in a folder of its own, whose manifest has one model, `tiny`, of some content.
struct StoreFixture {
  let store: ModelStore
  let content: [UInt8]
  private let folder: TemporaryFolder

  /// - Parameters:
  ///   - endpoint: the hub's address.
  ///   - sha256: what the manifest says; the content's own unless given, `nil` for unknown.
  init(endpoint: String, content: [UInt8], sha256: String?? = .none) throws {
    self.content = content
    folder = try TemporaryFolder()
    let hash = ContentHash.hexString(ContentHash.sha256(content))
    let model = KnownModel(
      name: "tiny", aliases: ["small"], title: "A test's model",
      source: .huggingFace(repository: "timm/tiny.tv_in1k", file: "model.safetensors"), licence: "CC0-1.0",
      fileName: "tiny.safetensors", bytes: nil, sha256: sha256 ?? hash, recipe: .torchvision,
      featureDimension: TinyNetwork.featureDimension,
      classifier: .imagenet)
    var store = ModelStore(
      directory: folder.path + "/models", manifest: ModelManifest(models: [model]),
      environment: ["HF_ENDPOINT": endpoint])
    store.downloadOptions = DownloadOptions(stallTimeout: 5, fruitlessAttempts: 2, firstDelay: 0.05)
    self.store = store
  }

  /// What an earlier download left: the first bytes, and the tag.
  func leavePart(_ bytes: [UInt8], entityTag: String?) throws {
    try StoreFile.createDirectory(store.directory)
    try Data(bytes).write(to: URL(fileURLWithPath: store.partPath("tiny")))
    let url = try #require(store.manifest.models[0].url(endpoint: store.endpoint)).absoluteString
    let tag = PartialFileTag(url: url, entityTag: entityTag, total: Int64(content.count))
    try JSONEncoder().encode(tag).write(to: URL(fileURLWithPath: store.partPath("tiny") + ".json"))
  }

  func fileBytes() throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: store.path("tiny.safetensors"))))
  }

  /// The store's files but for locks.
  func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: store.directory).filter { !$0.hasSuffix(".lock") }.sorted()
  }
}

/// The error that a call throws.
func storeError(_ body: () async throws -> Void) async -> ModelStoreError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? ModelStoreError
  }
}

/// Progress reports, kept.
final class ProgressLog: Sendable {
  private let reports = Mutex<[ModelFetchProgress]>([])

  var all: [ModelFetchProgress] { reports.withLock { $0 } }

  func add(_ report: ModelFetchProgress) { reports.withLock { $0.append(report) } }
}

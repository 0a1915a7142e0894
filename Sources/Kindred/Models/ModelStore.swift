import Foundation

/// The models on this machine: a folder with one weight file and one record (`NAME.json`) a model.
///
/// ```swift
/// let store = ModelStore()
/// try await store.fetch("resnet50") { print($0.phase, $0.bytes) }
/// let model = try store.resolve("resnet50").load()
/// ```
///
/// Files appear whole or not at all: what is on its way is in `NAME.part`. Several processes may use one store.
public struct ModelStore: Sendable {
  /// The store's folder. It is made when first written to.
  public let directory: String
  /// The models that can be fetched.
  public let manifest: ModelManifest
  /// The environment's variables: `HF_ENDPOINT` is read from them, and pip gets them.
  let environment: [String: String]
  var downloadOptions = DownloadOptions()
  /// Python's name in `PATH`, or its path.
  var python = "python3"
  /// Seconds that pip may take.
  var pipTimeout: TimeInterval = 600

  /// - Parameters:
  ///   - directory: the store's folder; ``KindredHome``'s when `nil`.
  ///   - manifest: the models that can be fetched.
  ///   - environment: the process's own unless given.
  public init(
    directory: String? = nil, manifest: ModelManifest = .standard,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.directory = directory ?? KindredHome(environment: environment).modelsDirectory
    self.manifest = manifest
    self.environment = environment
  }

  /// The hub's address.
  var endpoint: String {
    environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? "https://huggingface.co"
  }

  // MARK: Names and paths

  /// Throws unless a text can be a model's name: letters, digits, `-`, `_` and `.`, not first a dot or a dash, at most
  /// 64 characters, and no weight file's ending.
  public static func checkName(_ name: String) throws(ModelStoreError) {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.".utf8)
    let reason: String
    if name.isEmpty || name.utf8.count > 64 {
      reason = "a model's name has 1 to 64 characters"
    } else if !name.utf8.allSatisfy(allowed.contains) {
      reason = "a model's name has only letters, digits, '-', '_' and '.'"
    } else if name.hasPrefix(".") || name.hasPrefix("-") {
      reason = "a model's name does not begin with '.' or '-'"
    } else if hasWeightFileEnding(name) {
      reason = "a model's name does not end as a weight file's does"
    } else {
      return
    }
    throw ModelStoreError(code: .invalidName, place: name, reason: reason)
  }

  static func hasWeightFileEnding(_ text: String) -> Bool {
    text.lowercased().hasSuffix(".safetensors") || text.lowercased().hasSuffix(".onnx")
  }

  func path(_ fileName: String) -> String { "\(directory)/\(fileName)" }
  func recordPath(_ name: String) -> String { path("\(name).json") }
  func partPath(_ name: String) -> String { path("\(name).part") }

  func lock(_ name: String, waiting: () -> Void) async throws(ModelStoreError) -> ModelStoreLock {
    try StoreFile.createDirectory(directory)
    return try await ModelStoreLock(path: path(".\(name).lock"), waiting: waiting)
  }

  // MARK: Records

  /// The record of a model; `nil` where there is none that can be read.
  func record(_ name: String) -> ModelRecord? {
    guard let data = StoreFile.readSmall(recordPath(name)), let record = try? ModelRecord.decode(data),
      record.version == 1, record.name == name, ContentHash.isHexDigest(record.sha256),
      // A record that points elsewhere is not the store's own.
      record.file == "\(name).safetensors" || record.file == "\(name).onnx"
    else { return nil }
    return record
  }

  func write(_ record: ModelRecord) throws(ModelStoreError) {
    let data: Data
    do {
      data = try record.encode()
    } catch {
      throw ModelStoreError(
        code: .unwritable, place: recordPath(record.name), reason: (error as NSError).localizedDescription)
    }
    try StoreFile.replace(recordPath(record.name), with: data)
  }

  /// The record and path of a model whose file is there.
  func installed(_ name: String) -> (record: ModelRecord, path: String)? {
    guard let record = record(name), StoreFile.exists(path(record.file)) else { return nil }
    return (record, path(record.file))
  }

  func reference(_ record: ModelRecord) -> ModelReference {
    ModelReference(
      name: record.name, path: path(record.file), sha256: record.sha256, recipe: record.recipe,
      classifier: record.classifier)
  }
}

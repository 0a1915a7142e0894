import Foundation
import Testing

@testable import Kindred

@Suite struct ModelResolveTests {
  private let store: ModelStore
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }

  init() throws {
    temporary = try TemporaryFolder()
    store = ModelStore(directory: temporary.path + "/models", environment: [:])
  }

  private func importedNetwork() async throws -> ModelReference {
    let file = folder + "/mine.safetensors"
    try TinyNetwork.write(to: file, seed: 3)
    return try await store.import(file)
  }

  @Test func saysWhatToDoAboutKnownModels() async throws {
    let error = await storeError { _ = try store.resolve("resnet50") }
    #expect(error?.code == .notFetched)
    #expect(error?.remedy == "Run: kindred model fetch resnet50")
    #expect(await storeError { _ = try store.resolve("default") }?.remedy == "Run: kindred model fetch default")
  }

  @Test func guessesMistypedNames() async throws {
    let error = await storeError { _ = try store.resolve("resnet5O") }
    #expect(error?.code == .unknownModel)
    #expect(error?.remedy?.hasPrefix("Did you mean resnet50? Known models: resnet50-thin, default, resnet18") == true)
    let far = await storeError { _ = try store.resolve("vgg16") }
    #expect(far?.code == .unknownModel)
    #expect(far?.remedy?.contains("Did you mean") == false)
    _ = try await importedNetwork()
    let near = await storeError { _ = try store.resolve("mines") }
    #expect(near?.remedy?.contains("Did you mean mine?") == true)
    #expect(near?.remedy?.contains("imported: mine") == true)
    #expect(await storeError { try await store.fetch("nothing-like-it") }?.code == .unknownModel)
  }

  @Test func resolvesFilesOutsideTheStore() async throws {
    let file = folder + "/outside.safetensors"
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
    let model = try store.resolve(file)
    #expect(model.name == "outside.safetensors" && model.path == file)
    #expect(model.sha256 == ContentHash.hexString(ContentHash.sha256([1, 2, 3])))
    #expect(model.recipe == nil && model.classifier == nil)
    #expect(await storeError { _ = try store.resolve(folder + "/absent.onnx") }?.code == .notFound)
    #expect(await storeError { _ = try store.resolve("absent.onnx") }?.code == .notFound)
    #expect(await storeError { _ = try store.resolve(folder) }?.code == .unreadable)
  }

  @Test func remembersHashesOfFilesOutside() throws {
    let file = folder + "/outside.safetensors"
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
    let stamp = try FileStamp(path: file)
    let cache = HashCache(path: store.path(".hashes.json"))
    // Too fresh to be sure that it stays.
    cache.remember(String(repeating: "a", count: 64), of: stamp)
    #expect(cache.sha256(of: stamp) == nil)

    var old = stamp
    old.modified -= 10_000_000_000
    old.changed -= 10_000_000_000
    cache.remember(String(repeating: "a", count: 64), of: old)
    #expect(cache.sha256(of: old) == String(repeating: "a", count: 64))
    #expect(cache.sha256(of: stamp) == nil)
    // A new state of the same file takes the old one's place.
    var newer = old
    newer.bytes += 1
    cache.remember(String(repeating: "b", count: 64), of: newer)
    #expect(cache.sha256(of: old) == nil)
    #expect(cache.sha256(of: newer) == String(repeating: "b", count: 64))
    // A damaged cache is as good as none.
    try Data("[{".utf8).write(to: URL(fileURLWithPath: cache.path))
    #expect(cache.sha256(of: newer) == nil)
    #expect(try store.resolve(file).sha256 == ContentHash.hexString(ContentHash.sha256([1, 2, 3])))
  }

  @Test func noticesAChangedFileInTheStore() async throws {
    let model = try await importedNetwork()
    // Touched, but the same: hashed once, and the new time is noted.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: model.path)
    #expect(try store.resolve("mine") == model)
    #expect(store.record("mine")?.modified == 1_000_000_000_000_000_000)

    var bytes = try Data(contentsOf: URL(fileURLWithPath: model.path))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: model.path))
    let error = await storeError { _ = try store.resolve("mine") }
    #expect(error?.code == .wrongHash)
    #expect(error?.remedy?.contains("kindred model import FILE --name mine") == true)
  }

  @Test func ignoresRecordsThatAreNone() async throws {
    _ = try await importedNetwork()
    let good = try #require(store.record("mine"))
    var records: [Data] = [Data(), Data("{}".utf8), Data("[1".utf8), Data(repeating: 0x7B, count: 2 << 20)]
    var elsewhere = good
    elsewhere.file = "../../etc/passwd"
    var foreign = good
    foreign.version = 2
    var unhashed = good
    unhashed.sha256 = "abc"
    for record in [elsewhere, foreign, unhashed] { records.append(try record.encode()) }
    for record in records {
      try record.write(to: URL(fileURLWithPath: store.recordPath("mine")))
      #expect(await storeError { _ = try store.resolve("mine") }?.code == .unknownModel)
      #expect(store.list().count == 6)
    }
    try store.write(good)
    #expect(try store.resolve("mine").sha256 == good.sha256)
  }

  @Test func listsAnAbsentStore() {
    let states = store.list()
    #expect(states.allSatisfy { $0.state == .missing && $0.path == nil })
    #expect(states.first?.aliases == ["default"])
    #expect(!StoreFile.exists(store.directory))
  }

  @Test func referencesSurviveJSON() throws {
    let model = ModelReference(name: "a", path: "/b", sha256: "c", recipe: .caffe, classifier: .imagenet)
    #expect(try JSONDecoder().decode(ModelReference.self, from: JSONEncoder().encode(model)) == model)
  }
}

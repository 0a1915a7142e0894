import Foundation
import ResNet
import Testing

@testable import Kindred

@Suite struct ModelImportTests {
  private let store: ModelStore
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }

  init() throws {
    temporary = try TemporaryFolder()
    store = ModelStore(directory: temporary.path + "/models", environment: [:])
  }

  private func network(_ name: String = "mine.safetensors", seed: UInt64 = 1, classCount: Int? = 10) throws -> String {
    let path = "\(folder)/\(name)"
    try TinyNetwork.write(to: path, seed: seed, classCount: classCount)
    return path
  }

  @Test func importsAndLoads() async throws {
    let file = try network()
    let model = try await store.import(file)
    #expect(model.name == "mine")
    #expect(model.path == store.path("mine.safetensors"))
    #expect(model.sha256 == ContentHash.hexString(try ContentHash.sha256(fileAt: file)))
    #expect(model.classifier == .other)
    #expect(try store.resolve("mine") == model)
    #expect(try model.load(executor: .openBLAS, threads: 1).featureDimension == TinyNetwork.featureDimension)

    let listing = try store.describe("mine")
    #expect(listing.state == .available && !listing.known)
    #expect(listing.featureDimension == TinyNetwork.featureDimension)
    #expect(listing.source == URL(fileURLWithPath: file).standardizedFileURL.path)
    #expect(
      store.list().map(\.name) == [
        "resnet50-thin", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "mine",
      ])
    // Importing the same again changes nothing.
    #expect(try await store.import(file) == model)
  }

  @Test func keepsTheRecipeThatIsGivenOrTheFilesOwn() async throws {
    let given = try await store.import(try network(), name: "given", recipe: .caffe)
    #expect(given.recipe == .caffe)
    #expect(try given.load(threads: 1).recipe == .caffe)

    var recipe = PreprocessingRecipe.torchvision
    recipe.mean = [0.25, 0.5, 0.75]
    let file = folder + "/own.safetensors"
    try TinyNetwork.write(to: file, seed: 2, recipe: recipe)
    for model in [try await store.import(file), try store.resolve(file)] {
      #expect(model.recipe == nil)
      #expect(try model.load(threads: 1).recipe == recipe)
    }
  }

  @Test func tellsTheClassifier() async throws {
    #expect(try await store.import(try network(classCount: nil), name: "none").classifier == .missing)
    #expect(try await store.import(try network(classCount: 1000), name: "thousand").classifier == .imagenet)
  }

  @Test func refusesForeignFilesWithTheirReason() async throws {
    let file = folder + "/text.safetensors"
    try Data("this is a text and no network at all".utf8).write(to: URL(fileURLWithPath: file))
    let error = await storeError { try await store.import(file) }
    #expect(error?.code == .foreignFile)
    #expect(error?.place == file)
    #expect(error?.reason.contains("not a weight file") == true)
    #expect(!StoreFile.exists(store.recordPath("text")))

    #expect(await storeError { try await store.import(folder + "/absent.onnx") }?.code == .unreadable)
    #expect(await storeError { try await store.import(folder) }?.code == .unreadable)
    #expect(await storeError { try await store.import("/dev/zero", name: "zero") }?.code == .unreadable)
  }

  @Test func refusesAnotherFileUnderAKnownName() async throws {
    let file = try network()
    let wrong = await storeError { try await store.import(file, name: "resnet18") }
    #expect(wrong?.code == .foreignFile)
    #expect(wrong?.reason.contains("64") == true)

    let known = KnownModel(
      name: "known", aliases: ["alias"], title: "", source: .huggingFace(repository: "a/b", file: "c"), licence: "",
      fileName: "known.safetensors", bytes: nil, sha256: String(repeating: "0", count: 64), recipe: .torchvision,
      featureDimension: TinyNetwork.featureDimension, classifier: .other)
    let strict = ModelStore(directory: folder + "/strict", manifest: ModelManifest(models: [known]), environment: [:])
    #expect(await storeError { try await strict.import(file, name: "alias") }?.code == .wrongHash)
    #expect(strict.list().map(\.state) == [.missing])
  }

  @Test func givesAKnownFileItsNameAndRecipe() async throws {
    let file = try network()
    let known = KnownModel(
      name: "known", title: "", source: .huggingFace(repository: "a/b", file: "c"), licence: "",
      fileName: "known.safetensors", bytes: nil, sha256: ContentHash.hexString(try ContentHash.sha256(fileAt: file)),
      recipe: .caffe, featureDimension: TinyNetwork.featureDimension, classifier: .other)
    let own = ModelStore(directory: folder + "/own", manifest: ModelManifest(models: [known]), environment: [:])
    #expect(try own.resolve(file).recipe == .caffe)
    let model = try await own.import(file)
    #expect(model.name == "known" && model.recipe == .caffe)
    #expect(own.list().map(\.state) == [.available])

    // A file that somebody copied into the folder by hand serves as well.
    let byHand = ModelStore(directory: folder + "/hand", manifest: own.manifest, environment: [:])
    #expect(await storeError { _ = try byHand.resolve("known") }?.code == .notFetched)
    try StoreFile.createDirectory(byHand.directory)
    try FileManager.default.copyItem(atPath: file, toPath: byHand.path("known.safetensors"))
    #expect(try byHand.resolve("known").sha256 == model.sha256)
    #expect(byHand.list().map(\.state) == [.available])
  }

  @Test func replacesOnlyWhenAsked() async throws {
    let first = try await store.import(try network(seed: 1))
    let other = try network("other.safetensors", seed: 2)
    #expect(await storeError { try await store.import(other, name: "mine") }?.code == .nameTaken)
    #expect(try store.resolve("mine") == first)
    let second = try await store.import(other, name: "mine", replacing: true)
    #expect(second.sha256 != first.sha256)
    #expect(try store.resolve("mine") == second)
  }

  @Test(arguments: [
    "", ".", "..", ".hidden", "-option", "a/b", "../up", "a b", "naïve", "name\n", "x.onnx", "x.Safetensors",
    String(repeating: "x", count: 65),
  ])
  func refusesNamesThatAreNone(name: String) async throws {
    let file = try network()
    #expect(await storeError { try await store.import(file, name: name) }?.code == .invalidName)
    let left = (try? FileManager.default.contentsOfDirectory(atPath: store.directory)) ?? []
    #expect(left.isEmpty)
  }
}

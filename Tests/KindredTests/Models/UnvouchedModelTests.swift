import Foundation
import Testing

@testable import Kindred

/// Models whose SHA-256 the manifest doesn't have.
@Suite struct UnvouchedModelTests {
  private static func network(seed: UInt64) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let path = folder.path + "/network"
    try TinyNetwork.write(to: path, seed: seed)
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func theFirstHashSeenHoldsEverAfter() async throws {
    let content = try Self.network(seed: 1)
    let server = try FileServer(serving: content)
    let fixture = try StoreFixture(endpoint: server.endpoint("plain"), content: content, sha256: .some(nil))
    let model = try await fixture.store.fetch("tiny")
    #expect(model.sha256 == ContentHash.hexString(ContentHash.sha256(content)))
    #expect(fixture.store.list().map(\.sha256) == [model.sha256])
    #expect(try model.load(threads: 1).featureDimension == TinyNetwork.featureDimension)

    // Deleted by hand: the same file may come again, another may not.
    unlink(model.path)
    let other = try FileServer(serving: try Self.network(seed: 2))
    let later = ModelStore(
      directory: fixture.store.directory, manifest: fixture.store.manifest,
      environment: ["HF_ENDPOINT": other.endpoint("plain")])
    let error = await storeError { try await later.fetch("tiny") }
    #expect(error?.code == .wrongHash)
    #expect(error?.reason.contains(model.sha256) == true)
    #expect(try await fixture.store.fetch("tiny") == model)
  }

  @Test func aPageInTheFilesPlaceIsNotTaken() async throws {
    let server = try FileServer(serving: [1, 2, 3])
    let fixture = try StoreFixture(endpoint: server.endpoint("html"), content: [1, 2, 3], sha256: .some(nil))
    let error = await storeError { try await fixture.store.fetch("tiny") }
    #expect(error?.code == .foreignFile)
    #expect(try fixture.files() == [])
  }

  @Test func theHubsOwnHashIsHeeded() async throws {
    let content = try Self.network(seed: 1)
    let server = try FileServer(serving: content)
    let good = try StoreFixture(endpoint: server.endpoint("redirect"), content: content, sha256: .some(nil))
    try await good.store.fetch("tiny")
    #expect(try good.fileBytes() == content)
    let bad = try StoreFixture(endpoint: server.endpoint("wronglink"), content: content, sha256: .some(nil))
    #expect(await storeError { try await bad.store.fetch("tiny") }?.code == .wrongHash)
    #expect(try bad.files() == [])
  }
}

import Foundation
import Testing

@testable import Kindred

@Suite struct KeyStoreTests {
  private func file(_ sandbox: Sandbox) -> String { sandbox.root + "/index/keys.json" }

  @Test func aSecretOpensWhatItsKeySays() throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    #expect(try store.isEmpty)
    #expect(try store.list().isEmpty)
    let made = try store.create(role: .writer, collections: ["b", "a", "a"], expires: nil, note: " the\tshop ")
    #expect(made.secret.wholeMatch(of: /kindred_[a-z0-9]{12}_[A-Za-z0-9_-]{43}/) != nil)
    #expect(made.secret.hasPrefix("kindred_\(made.key.id)_"))
    #expect(made.key.collections == ["a", "b"])
    #expect(made.key.note == "the shop")
    #expect(made.key.created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
    #expect(try store.authenticate(made.secret) == made.key)
    #expect(try !store.isEmpty)
    let other = try store.create(role: .admin, collections: nil, expires: nil, note: nil)
    #expect(other.secret != made.secret && other.key.id != made.key.id)
    #expect(try store.list() == [made.key, other.key])
    // Nothing that opens anything is in the file.
    let text = try String(contentsOfFile: file(sandbox), encoding: .utf8)
    #expect(!text.contains(made.secret) && !text.contains(made.secret.suffix(43)))
    #expect(try FileManager.default.attributesOfItem(atPath: file(sandbox))[.posixPermissions] as? Int == 0o600)
    let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.root + "/index").sorted()
    #expect(names == ["keys.json", "keys.json.lock"])
  }

  @Test func onlyTheWholeSecretOpens() throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    let made = try store.create(role: .reader, collections: nil, expires: nil, note: nil)
    let other = try store.create(role: .admin, collections: nil, expires: nil, note: nil)
    let crossed = "kindred_\(other.key.id)_" + made.secret.suffix(43)
    let changed = made.secret.dropLast() + (made.secret.hasSuffix("A") ? "B" : "A")
    for wrong in [
      "", "kindred_", made.key.id, String(made.secret.dropLast()), made.secret + "A", " " + made.secret,
      made.secret.uppercased(), String(changed), String(crossed), String(repeating: "é", count: 32),
      String(repeating: "x", count: 100_000),
    ] {
      #expect(try store.authenticate(wrong) == nil)
    }
  }

  @Test func expiredAndRevokedKeysOpenNothing() throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    let made = try store.create(role: .reader, collections: nil, expires: Date().addingTimeInterval(3600), note: nil)
    #expect(made.key.isValid(at: Date()))
    #expect(made.key.state(at: Date().addingTimeInterval(3601)) == .expired)
    #expect(try store.authenticate(made.secret) != nil)
    var odd = made.key
    odd.expires = "some day"
    #expect(!odd.isValid(at: Date()))
    let revoked = try store.revoke(id: made.key.id)
    #expect(revoked.state(at: Date()) == .revoked)
    #expect(try store.revoke(id: made.key.id) == revoked)
    #expect(try store.authenticate(made.secret) == nil)
    #expect(try !store.isEmpty)
    #expect(throws: KindredError.self) { try store.revoke(id: "nobody") }
    #expect(throws: KindredError.self) {
      try store.create(role: .reader, collections: nil, expires: Date().addingTimeInterval(-1), note: nil)
    }
    #expect(throws: KindredError.self) { try store.create(role: .reader, collections: [], expires: nil, note: nil) }
    #expect(try store.list() == [revoked])
  }

  @Test func changesOfOtherProcessesAreNoticed() throws {
    let sandbox = try Sandbox()
    let server = KeyStore(index: sandbox.root + "/index")
    let commandLine = KeyStore(index: sandbox.root + "/index")
    #expect(try server.isEmpty)
    let made = try commandLine.create(role: .reader, collections: nil, expires: nil, note: nil)
    #expect(try server.authenticate(made.secret) == made.key)
    _ = try commandLine.revoke(id: made.key.id)
    #expect(try server.authenticate(made.secret) == nil)
  }

  @Test func aFileWithoutKeysIsNoMissingFile() throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    let made = try store.create(role: .admin, collections: nil, expires: nil, note: nil)
    try #"{"version":1,"keys":[]}"#.write(toFile: file(sandbox), atomically: true, encoding: .utf8)
    for fresh in [store, KeyStore(index: sandbox.root + "/index")] {
      #expect(try !fresh.isEmpty)
      #expect(try fresh.list().isEmpty)
      #expect(try fresh.authenticate(made.secret) == nil)
    }
  }

  @Test func keysMadeAtOnceAreAllKept() throws {
    let sandbox = try Sandbox()
    let index = sandbox.root + "/index"
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      _ = try? KeyStore(index: index).create(role: .reader, collections: nil, expires: nil, note: nil)
    }
    #expect(try KeyStore(index: index).list().count == 16)
  }

  @Test(arguments: [
    "", "{", "[]", "{\"version\":2,\"keys\":[]}", "{\"keys\":[]}", "{\"version\":1}",
    "{\"version\":1,\"keys\":[{\"id\":\"abcdefghijkl\",\"role\":\"owner\",\"created\":\"\",\"sha256\":\"\"}]}",
    "{\"version\":1,\"keys\":[{\"id\":\"abcdefghijkl\",\"role\":\"admin\",\"created\":\"\",\"sha256\":\"00\"}]}",
  ]) func aDamagedFileLetsNobodyIn(_ text: String) throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    let made = try store.create(role: .admin, collections: nil, expires: nil, note: nil)
    #expect(try store.authenticate(made.secret) != nil)
    try text.write(toFile: file(sandbox), atomically: true, encoding: .utf8)
    for fresh in [store, KeyStore(index: sandbox.root + "/index")] {
      #expect(throws: KindredError.self) { try fresh.authenticate(made.secret) }
      #expect(throws: KindredError.self) { try fresh.isEmpty }
      #expect(throws: KindredError.self) { try fresh.list() }
      #expect(throws: KindredError.self) {
        try fresh.create(role: .reader, collections: nil, expires: nil, note: nil)
      }
    }
    // Nothing was written over it.
    #expect(try String(contentsOfFile: file(sandbox), encoding: .utf8) == text)
  }

  @Test func aFileThatIsGoneOrNoFileLetsNobodyIn() throws {
    let sandbox = try Sandbox()
    let store = KeyStore(index: sandbox.root + "/index")
    let made = try store.create(role: .admin, collections: nil, expires: nil, note: nil)
    let copy = try Data(contentsOf: URL(fileURLWithPath: file(sandbox)))
    try FileManager.default.removeItem(atPath: file(sandbox))
    #expect(throws: KindredError.self) { try store.authenticate(made.secret) }
    #expect(throws: KindredError.self) { try store.isEmpty }
    try FileManager.default.createSymbolicLink(atPath: file(sandbox), withDestinationPath: "nowhere")
    #expect(throws: KindredError.self) { try KeyStore(index: sandbox.root + "/index").isEmpty }
    try FileManager.default.removeItem(atPath: file(sandbox))
    try FileManager.default.createDirectory(atPath: file(sandbox), withIntermediateDirectories: false)
    #expect(throws: KindredError.self) { try KeyStore(index: sandbox.root + "/index").isEmpty }
    try FileManager.default.removeItem(atPath: file(sandbox))
    try copy.write(to: URL(fileURLWithPath: file(sandbox)))
    #expect(try store.authenticate(made.secret) == made.key)
  }

  @Test func expiriesAsPeopleWriteThem() throws {
    let now = try Date("2026-11-24T12:00:00Z", strategy: .iso8601)
    #expect(try Collection.timestamp(AccessKey.expiry("90d", now: now)) == "2027-02-22T12:00:00Z")
    #expect(try Collection.timestamp(AccessKey.expiry("2026-12-31", now: now)) == "2026-12-31T23:59:59Z")
    for wrong in ["", "d", "0d", "-1d", "90", "2026-13-01", "2026-02-30", "2026", "90d ", "٩٠d"] {
      #expect(throws: KindredError.self) { try AccessKey.expiry(wrong, now: now) }
    }
  }

  @Test func noCollectionTakesThePlaceOfTheKeys() throws {
    for name in ["keys.json", "keys.json.lock", "jobs.json", "jobs.json.lock"] {
      #expect(throws: KindredError.self) { try Collection.directory(index: "index", name: name) }
    }
  }

  @Test func rolesHaveAnOrder() {
    #expect(AccessRole.allCases.sorted() == [.reader, .writer, .admin])
  }
}

import Foundation
import Testing

@testable import Kindred

@Suite struct IndexFolderTests {
  @Test func findsByNameAndIdentifier() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let folder = IndexFolder(path: sandbox.root + "/index")
    try FileManager.default.createDirectory(atPath: folder.path + "/stray", withIntermediateDirectories: true)
    _ = try folder.createVectors(name: "v")
    #expect(try folder.members().map(\.name) == ["default", "v"])
    let member = try folder.member("default")
    #expect(try folder.member(member.collection.identifier).name == "default")
    // One object, whatever way it is asked for.
    #expect(try folder.member("default").collection === member.collection)
    for name in ["nobody", "..", "a/b", "", "stray", ".hidden"] {
      let error = #expect(throws: KindredError.self) { try folder.member(name) }
      #expect(error?.code == .noCollection)
    }
  }

  @Test func noticesACollectionThatWasMadeAnew() throws {
    let sandbox = try Sandbox()
    let folder = IndexFolder(path: sandbox.root + "/index")
    let first = try folder.createVectors(name: "v")
    try FileManager.default.removeItem(atPath: first.collection.directory)
    #expect(throws: KindredError.self) { try folder.member("v") }
    let other = IndexFolder(path: folder.path)
    let second = try other.createVectors(name: "v")
    #expect(try folder.member("v").collection.identifier == second.collection.identifier)
  }

  @Test func renamesAndDeletes() throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let folder = IndexFolder(path: sandbox.root + "/index")
    let member = try folder.createVectors(definition: CollectionDefinition(title: "One"))
    let twin = try folder.createVectors(definition: CollectionDefinition(title: "One"))
    #expect(twin.name == "one-2")
    try folder.write(to: member) { try $0.insert([NewVector(vector: [1, 2], metadata: "{}")]) }
    #expect(throws: KindredError.self) { try folder.rename(member, to: "one-2") }
    #expect(throws: KindredError.self) { try folder.rename(member, to: "../one") }
    let renamed = try folder.rename(member, to: "uno")
    #expect(renamed.collection.identifier == member.collection.identifier)
    #expect(try VectorSearcher(renamed.collection).search([1, 2], top: 1).hits.count == 1)
    try folder.delete(renamed)
    #expect(try folder.members().map(\.name) == ["one-2"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["one-2"])
  }

  @Test func writersTakeTurnsAndOtherProcessesAreSeen() async throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let folder = IndexFolder(path: sandbox.root + "/index")
    let member = try folder.createVectors(name: "v")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          _ = try folder.write(to: member) { try $0.insert([NewVector(vector: [Float(number + 1)], metadata: "{}")]) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try member.collection.imageCount() == 20)
    // A lock of another open file counts as another process's.
    let other = try CollectionWriter(Collection(at: member.collection.directory, kind: nil))
    let error = #expect(throws: KindredError.self) { try folder.write(to: member) { _ in } }
    #expect(error?.code == .busy)
    withExtendedLifetime(other) {}
  }

  @Test func modelsAreNamedAndNeverFiles() throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let file = sandbox.root + "/weights.onnx"
    try Data("secret".utf8).write(to: URL(fileURLWithPath: file))
    let folder = IndexFolder(path: sandbox.root + "/index")
    for name in [file, "./weights.onnx", "../weights", "nobody", ""] {
      let error = #expect(throws: ModelStoreError.self) { try folder.create(name: "c", model: name) }
      #expect(error?.code == .unknownModel)
    }
    #expect(try folder.members().isEmpty)
  }
}

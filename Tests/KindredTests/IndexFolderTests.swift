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

  /// The ordinary way to put a new index in the place of an old one.
  @Test func aNameThatGoesOverLeavesBothCollectionsWhole() async throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let folder = IndexFolder(path: sandbox.root + "/index")
    var generator = SeededGenerator(seed: 1)
    func vectors(_ count: Int) -> [NewVector] {
      (0..<count).map { _ in
        NewVector(vector: (0..<4).map { _ in Float.random(in: -1...1, using: &generator) }, metadata: "{}")
      }
    }
    let live = try folder.createVectors(name: "live")
    let next = try folder.createVectors(name: "next")
    try folder.write(to: live) { try $0.insert(vectors(5_000)) }
    try folder.write(to: next) { try $0.insert(vectors(5_500)) }
    try folder.write(to: live) { try $0.insert(vectors(1)) }
    let old = try folder.rename(live, to: "old")
    let current = try folder.rename(next, to: "live")
    // Whoever still holds the collection by its old name writes to the one that was meant, or is told.
    #expect(throws: KindredError.self) { try CollectionWriter(live.collection) }
    try folder.write(to: live) { try $0.insert(vectors(2)) }
    #expect(try old.collection.imageCount() == 5_003)
    try await Task.sleep(for: .seconds(3))
    for member in [old, current] {
      let report = try Verifier(Collection(at: member.collection.directory, kind: nil)).run()
      #expect(!report.problems.contains { $0.kind != .graph }, "\(report.problems)")
    }
    #expect(try current.collection.imageCount() == 5_500)
    try folder.delete(old)
    #expect(throws: KindredError.self) { try folder.write(to: live) { _ in } }
  }

  @Test func namesThatLookLikeIdentifiersAndRemains() throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let folder = IndexFolder(path: sandbox.root + "/index")
    let member = try folder.createVectors(name: "a")
    let other = try folder.createVectors(name: "b")
    #expect(throws: KindredError.self) { try folder.rename(other, to: member.collection.identifier) }
    #expect(throws: KindredError.self) { try folder.createVectors(name: member.collection.identifier) }
    // What a creation left that was interrupted takes no name; a person's files do.
    let manager = FileManager.default
    for (name, file, isFree) in [("c", "writer.lock", true), ("d", "features-000001.f32", true), ("e", "x.txt", false)]
    {
      try manager.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)/\(file)"))
      if isFree {
        _ = try folder.createVectors(name: name)
      } else {
        #expect(throws: KindredError.self) { try folder.createVectors(name: name) }
      }
    }
    #expect(try folder.rename(other, to: "f").name == "f")
  }

  @Test func graphsAreCaughtUpAtTheStart() async throws {
    let sandbox = try Sandbox()
    defer { withExtendedLifetime(sandbox) {} }
    let path = sandbox.root + "/index"
    var generator = SeededGenerator(seed: 2)
    let vectors = (0..<5_050).map { _ in
      NewVector(vector: (0..<4).map { _ in Float.random(in: -1...1, using: &generator) }, metadata: "{}")
    }
    do {
      // A process that ends right after its write.
      let member = try IndexFolder(path: path).createVectors(name: "v")
      try CollectionWriter(member.collection).insert(vectors)
    }
    let folder = IndexFolder(path: path)
    try folder.catchUpGraphs()
    let collection = try folder.member("v").collection
    for _ in 0..<300 where try collection.graph(at: collection.moment()) == nil {
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(try collection.graph(at: collection.moment())?.base.liveCount == 5_050)
  }
}

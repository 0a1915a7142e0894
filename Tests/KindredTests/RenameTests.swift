import Foundation
import Testing

@testable import Kindred

/// Identity follows the bytes, however files are renamed.
@Suite struct RenameTests {
  /// Pictures a, b, c… with a label of each one's own name.
  private func labelled(_ names: [String]) throws -> (Sandbox, [String: Int64]) {
    let sandbox = try Sandbox()
    for (number, name) in names.enumerated() { try sandbox.picture(name + ".jpg", hue: number % 5, variant: number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    let writer = try CollectionWriter(collection)
    var ids: [String: Int64] = [:]
    for name in names {
      let id = try collection.imageIDs(paths: [sandbox.pictures + "/\(name).jpg"])[0]
      _ = try writer.addLabel("was \(name)", to: [id])
      ids[name] = id
    }
    return (sandbox, ids)
  }

  private func name(_ sandbox: Sandbox, _ id: Int64) throws -> String? {
    try? String(sandbox.collection().record(id: id).path.dropFirst(sandbox.pictures.count + 1))
  }

  private func check(_ sandbox: Sandbox) throws {
    #expect(try Verifier(sandbox.collection()).run().problems == [])
    let again = try sandbox.run()
    #expect(again.indexed == 0 && again.moved == 0 && again.removed == 0)
  }

  @Test func twoFilesSwapNames() throws {
    let (sandbox, ids) = try labelled(["a", "b"])
    try sandbox.move("a.jpg", to: "t")
    try sandbox.move("b.jpg", to: "a.jpg")
    try sandbox.move("t", to: "b.jpg")
    try sandbox.touch("a.jpg", seconds: 1_000)
    try sandbox.touch("b.jpg", seconds: 2_000)
    let summary = try sandbox.run()
    #expect(summary.moved == 2)
    #expect(try name(sandbox, #require(ids["a"])) == "b.jpg")
    #expect(try name(sandbox, #require(ids["b"])) == "a.jpg")
    try check(sandbox)
  }

  @Test func aFileIsMovedOverAnother() throws {
    let (sandbox, ids) = try labelled(["a", "b", "c"])
    try sandbox.remove("a.jpg")
    try sandbox.move("b.jpg", to: "a.jpg")
    try sandbox.touch("a.jpg", seconds: 1_000)
    let summary = try sandbox.run()
    #expect(summary.moved == 1)
    #expect(summary.removed == 1)
    #expect(try name(sandbox, #require(ids["b"])) == "a.jpg")
    #expect(try name(sandbox, #require(ids["a"])) == nil)
    try check(sandbox)
  }

  @Test func filesAreRenumbered() throws {
    let (sandbox, ids) = try labelled(["d", "e", "f"])
    for (old, new) in [("f", "g"), ("e", "f"), ("d", "e")] {
      try sandbox.move(old + ".jpg", to: new + ".jpg")
      try sandbox.touch(new + ".jpg", seconds: 1_000 + Int(try #require(new.unicodeScalars.first).value))
    }
    #expect(try sandbox.run().moved == 3)
    #expect(try ["d", "e", "f"].map { try name(sandbox, #require(ids[$0])) } == ["e.jpg", "f.jpg", "g.jpg"])
    try check(sandbox)
  }

  @Test func theOriginalIsKeptUnderAnotherName() throws {
    let (sandbox, ids) = try labelled(["a", "b"])
    try sandbox.move("a.jpg", to: "z.jpg")
    try sandbox.picture("a.jpg", hue: 3, variant: 9, side: 60)
    let summary = try sandbox.run()
    #expect(summary.total == 3)
    #expect(try name(sandbox, #require(ids["a"])) == "z.jpg")
    try check(sandbox)
  }

  @Test func anEditedFileKeepsItsLabels() throws {
    let (sandbox, ids) = try labelled(["a", "b"])
    try sandbox.picture("a.jpg", hue: 4, variant: 7, side: 60)
    try sandbox.run()
    let record = try sandbox.collection().record(id: #require(ids["a"]))
    #expect(record.path.hasSuffix("/a.jpg"))
    #expect(record.labels.contains { $0.name == "was a" })
    try check(sandbox)
  }

  @Test func aWholeFolderMovesElsewhere() throws {
    let (sandbox, ids) = try labelled(["a", "b", "c"])
    let other = sandbox.root + "/elsewhere"
    try FileManager.default.moveItem(atPath: sandbox.pictures, toPath: other)
    let summary = try Indexer(writer: CollectionWriter(sandbox.collection()), loadModel: Sandbox.model).run([other])
    #expect(summary.moved == 3)
    #expect(summary.total == 3)
    let record = try sandbox.collection().record(id: #require(ids["b"]))
    #expect(record.path == other + "/b.jpg")
    #expect(Set(record.labels.map(\.name)) == ["was b", "elsewhere"])
  }

  @Test func namesThatLookAlikeAreTwoFiles() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("caf\u{E9}.jpg", hue: 0)
    try sandbox.picture("cafe\u{301}.jpg", hue: 1)
    #expect(try sandbox.run().indexed == 2)
    try sandbox.remove("caf\u{E9}.jpg")
    #expect(try sandbox.run().removed == 1)
    try check(sandbox)
  }

  @Test func aTimeThatDoesNotFitIsNoReasonToCrash() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.touch("a.jpg", seconds: 10_413_792_000)
    #expect(try sandbox.run().indexed == 1)
    #expect(try sandbox.run().unchanged == 1)
    #expect(try Verifier(sandbox.collection()).run().isSound)
  }

  @Test func anEmptiedRootIsNoticedBesideAFullOne() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("one/a.jpg", hue: 0)
    try sandbox.picture("two/b.jpg", hue: 1)
    let folders = [sandbox.pictures + "/one", sandbox.pictures + "/two"]
    func run() throws -> IndexSummary {
      try Indexer(writer: CollectionWriter(sandbox.collection()), loadModel: Sandbox.model).run(folders)
    }
    #expect(try run().indexed == 2)
    try sandbox.remove("two/b.jpg")
    let error = #expect(throws: KindredError.self) { try run() }
    #expect(error?.place == folders[1])
    #expect(try sandbox.collection().imageCount() == 2)
  }

  @Test func aPathThatBecomesAFolderLeaves() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.picture("b.jpg", hue: 1)
    try sandbox.run()
    try sandbox.remove("a.jpg")
    try FileManager.default.createDirectory(atPath: sandbox.pictures + "/a.jpg", withIntermediateDirectories: true)
    #expect(try sandbox.run().removed == 1)
    try check(sandbox)
  }

  @Test func aHalfWrittenFileKeepsItsImage() throws {
    let (sandbox, ids) = try labelled(["a", "b"])
    let path = sandbox.pictures + "/a.jpg"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    #expect(try sandbox.run().skipped == ["truncated": 1])
    try whole.write(to: URL(fileURLWithPath: path))
    try sandbox.run()
    #expect(try sandbox.collection().record(id: #require(ids["a"])).labels.contains { $0.name == "was a" })
    try check(sandbox)
  }

  @Test func aPersonsFilesInTheFolderOfACollectionAreLeftAlone() throws {
    let sandbox = try Sandbox()
    for name in ["features-wall.jpg", "graph-paper.jpg", "other.jpg"] { try sandbox.picture(name, hue: 0) }
    let collection = try Collection.create(at: sandbox.pictures, settings: Sandbox.settings(Sandbox.model()))
    _ = try CollectionWriter(collection)
    for name in ["features-wall.jpg", "graph-paper.jpg", "other.jpg"] {
      #expect(FileManager.default.fileExists(atPath: sandbox.pictures + "/" + name))
    }
  }
}

import Foundation
import GRDB
import ResNet
import Testing
import VectorIndex

@testable import Kindred

@Suite struct CollectionTests {
  @Test func aNewCollectionIsEmptyAndKeepsItsSettings() throws {
    let sandbox = try Sandbox()
    let collection = try sandbox.collection()
    #expect(try collection.imageCount() == 0)
    let again = try Collection(at: sandbox.index)
    #expect(again.settings == collection.settings)
    #expect(again.identifier == collection.identifier)
    #expect(again.identifier.count >= 40)
    #expect(try Verifier(again).run().isSound)
    let error = #expect(throws: KindredError.self) {
      try Collection.create(at: sandbox.index, settings: collection.settings)
    }
    #expect(error?.code == .collectionExists)
  }

  @Test func whatIsNotACollectionIsRefused() throws {
    let sandbox = try Sandbox()
    func code(_ directory: String) -> KindredError.Code? {
      #expect(throws: KindredError.self) { try Collection(at: directory) }?.code
    }
    #expect(code(sandbox.root + "/nowhere") == .noCollection)

    let foreign = sandbox.root + "/foreign"
    try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
    try DatabaseQueue(path: foreign + "/collection.sqlite").write { try $0.execute(sql: "CREATE TABLE t (x)") }
    #expect(code(foreign) == .foreignCollection)

    let text = sandbox.root + "/text"
    try FileManager.default.createDirectory(atPath: text, withIntermediateDirectories: true)
    try String(repeating: "not a database ", count: 100).write(
      toFile: text + "/collection.sqlite", atomically: true, encoding: .utf8)
    #expect(code(text) == .damagedCollection)

    _ = try sandbox.collection()
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").write {
      try $0.execute(sql: "PRAGMA user_version = 99")
    }
    let error = #expect(throws: KindredError.self) { try Collection(at: sandbox.index) }
    #expect(error?.code == .foreignCollection)
    #expect(error?.reason.contains("99") == true)
  }

  @Test(arguments: ["", ".", "..", "a/b", ".hidden", "a b", "ü"])
  func badNames(_ name: String) {
    #expect(throws: KindredError.self) { try Collection.directory(index: "index", name: name) }
  }

  @Test func readersSeeWhatAWriterCommits() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let reader = try Collection(at: sandbox.index)
    let searcher = Searcher(reader, loadModel: Sandbox.model)
    var request = SearchRequest()
    request.positives = [.bytes(Sandbox.jpeg(hue: 0), name: "query")]
    #expect(try searcher.search(request).hits.count == 1)
    for number in 0..<40 { try sandbox.picture("\(number).jpg", hue: 1, variant: number) }
    try sandbox.run()
    request.top = 100
    #expect(try searcher.search(request).hits.count == 41)
    do { try CollectionWriter(sandbox.collection()).compact() }
    #expect(try searcher.search(request).hits.count == 41)
  }

  @Test func anotherModelIsRefusedWithTheWayOut() throws {
    let sandbox = try Sandbox()
    let store = ModelStore(directory: sandbox.root + "/models")
    let spec = try #require(ResNetSpec(named: "cifar-resnet20"))
    let file = sandbox.root + "/other.safetensors"
    try NetworkFile.write(spec, weights: HeInitialization(seed: 3), recipe: Sandbox.model().recipe, to: file)
    let collection = try sandbox.collection()
    let error = #expect(throws: KindredError.self) { try collection.modelReference(named: file, store: store) }
    #expect(error?.code == .modelMismatch)
    #expect(error?.remedy?.contains("--collection") == true)
    let missing = #expect(throws: KindredError.self) { try collection.modelReference(named: nil, store: store) }
    #expect(missing?.code == .modelMismatch)
  }
}

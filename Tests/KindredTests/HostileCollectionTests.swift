import Foundation
import GRDB
import Testing
import VectorIndex

@testable import Kindred

/// Collections that somebody else has written to.
@Suite struct HostileCollectionTests {
  private func filled() throws -> Sandbox {
    let sandbox = try Sandbox()
    for number in 0..<4 { try sandbox.picture("\(number).jpg", hue: number % 5, variant: number) }
    try sandbox.run()
    return sandbox
  }

  private func execute(_ sandbox: Sandbox, _ sql: String) throws {
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA foreign_keys = OFF")
      try db.execute(sql: sql)
    }
  }

  @Test(arguments: [100_000, Int64.max]) func rowsThatAreNotThere(_ row: Int64) throws {
    let sandbox = try filled()
    try execute(sandbox, "UPDATE content SET feature_row = \(row) WHERE id = 3")
    func fails(_ body: () throws -> Void) {
      let error = #expect(throws: KindredError.self) { try body() }
      #expect(error?.code == .damagedCollection)
    }
    let collection = try Collection(at: sandbox.index)
    fails { _ = try sandbox.search { $0.positives = [.identifier(3)] } }
    fails { _ = try sandbox.search { $0.label = "pictures" } }
    fails { _ = try DuplicateFinder(collection).groups(threshold: 0.9) }
    fails { _ = try Exporter(collection).export(to: sandbox.root + "/out.npy", format: .npy, normalized: true) }
    #expect(try Verifier(collection).run().problems.map(\.kind) == [.feature])
    #expect(try Repairer(collection, loadModel: Sandbox.model).run().after.isSound)
  }

  /// STRICT tables and checks refuse these whatever program tries.
  @Test(arguments: [
    "UPDATE content SET feature_row = -1 WHERE id = 1", "UPDATE content SET feature_row = 'abc' WHERE id = 1",
    "UPDATE content SET width = 9223372036854775807", "UPDATE label SET name = x'00ff'",
    "UPDATE label SET confidence = 1e300", "UPDATE image SET id = 0 WHERE id = 1",
  ]) func valuesThatTheTablesDoNotTake(_ sql: String) throws {
    let sandbox = try filled()
    #expect(throws: DatabaseError.self) { try execute(sandbox, sql) }
  }

  @Test(arguments: [
    "UPDATE property SET value = '9223372036854775807' WHERE name = 'segment'",
    "UPDATE property SET value = '-9223372036854775808' WHERE name = 'row_count'",
    "UPDATE property SET value = '9223372036854775807' WHERE name = 'generation'",
    "UPDATE property SET value = 'many' WHERE name = 'row_count'",
    "UPDATE property SET value = '{}' WHERE name = 'settings'",
    "UPDATE property SET value = replace(value, '\"featureDimension\":64', '\"featureDimension\":-5')",
    "UPDATE property SET value = replace(value, '\"featureDimension\":64', '\"featureDimension\":1000000000000')",
    "CREATE TRIGGER t AFTER INSERT ON label BEGIN DELETE FROM image; END",
    "CREATE VIEW v AS SELECT 1", "DROP INDEX label_name",
  ]) func countersSettingsAndTables(_ sql: String) throws {
    let sandbox = try filled()
    try execute(sandbox, sql)
    let error = #expect(throws: KindredError.self) {
      let collection = try Collection(at: sandbox.index)
      _ = try CollectionStatistics(collection)
    }
    #expect(error?.code == .damagedCollection || error?.code == .foreignCollection)
  }

  @Test func aGraphOfAnotherCollectionIsNoticed() throws {
    func collection(_ sandbox: Sandbox, seed: UInt64) throws -> Collection {
      var generator = SeededGenerator(seed: seed)
      let collection = try sandbox.collection()
      let writer = try CollectionWriter(collection)
      let entries = (0..<3_000).map { number in
        let vector = (0..<writer.features.dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        return BatchEntry(
          file: WalkedFile(path: "/p/\(number)", byteCount: 1, modified: 0),
          outcome: .embedded(
            sha256: ContentHash.sha256(Array("\(number)".utf8)),
            NewContent(
              byteCount: 1, metadata: .init(format: .jpeg, width: 1, height: 1),
              embedding: Embedding(views: [ViewFeature(vector: vector)], predictions: []))),
          folderLabels: [])
      }
      _ = try writer.commit(entries)
      try writer.updateGraph(force: true)
      return collection
    }
    let (first, second) = (try Sandbox(), try Sandbox())
    let own = try collection(first, seed: 1)
    _ = try collection(second, seed: 2)
    func graphProblems() throws -> Int {
      try Verifier(Collection(at: first.index), hashesFiles: false).run().problems.count { $0.kind == .graph }
    }
    #expect(try graphProblems() == 0)
    let name = "/graph-000001-000001.hnsw"
    try FileManager.default.removeItem(atPath: first.index + name)
    try FileManager.default.copyItem(atPath: second.index + name, toPath: first.index + name)
    #expect(try graphProblems() > 0)
    withExtendedLifetime(own) {}
  }

  @Test func aReaderNeedsNoRightToWrite() throws {
    let sandbox = try filled()
    guard geteuid() == 0 else {
      // As root, permissions do not hold; as anybody else they can simply be taken away.
      chmod(sandbox.index, 0o555)
      defer { chmod(sandbox.index, 0o755) }
      #expect(try sandbox.search { $0.positives = [.identifier(1)] }.hits.count == 3)
      return
    }
    chmod(sandbox.root, 0o755)
    let database = try CollectionDatabase.open(sandbox.index + "/collection.sqlite", readOnly: true)
    #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM image") } == 4)
  }
}

import Foundation
import GRDB
import Testing
import VectorIndex

@testable import Kindred

@Suite struct VerifierTests {
  private func filled() throws -> Sandbox {
    let sandbox = try Sandbox()
    for number in 0..<6 { try sandbox.picture("\(number).jpg", hue: number % 5, variant: number) }
    try sandbox.run()
    _ = try CollectionWriter(sandbox.collection()).addLabel("kept", to: [1, 2, 3, 4, 5, 6])
    return sandbox
  }

  private func kinds(_ sandbox: Sandbox) throws -> [VerificationProblem.Kind] {
    try Verifier(Collection(at: sandbox.index)).run().problems.map(\.kind)
  }

  private func repair(_ sandbox: Sandbox) throws -> VerificationReport {
    try Repairer(Collection(at: sandbox.index), loadModel: Sandbox.model).run().after
  }

  private func features(_ sandbox: Sandbox) throws -> [String: [Float]] {
    let collection = try Collection(at: sandbox.index)
    var found: [String: [Float]] = [:]
    try collection.forEachRecord {
      found[$0.path] = try collection.feature(row: $0.featureRow)
    }
    return found
  }

  @Test func aDamagedFeatureIsMadeAgain() throws {
    let sandbox = try filled()
    let before = try features(sandbox)
    let path = sandbox.index + "/features-000001.f32"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 100] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try kinds(sandbox) == [.feature])
    #expect(try repair(sandbox).isSound)
    #expect(try features(sandbox) == before)
    #expect(try Collection(at: sandbox.index).labels().first { $0.name == "kept" }?.count == 6)
  }

  @Test func alsoWithoutAnyFeatureFile() throws {
    for damage in ["missing", "cut", "header"] {
      let sandbox = try filled()
      let before = try features(sandbox)
      let path = sandbox.index + "/features-000001.f32"
      switch damage {
      case "missing": try FileManager.default.removeItem(atPath: path)
      case "cut": #expect(truncate(path, 700) == 0)
      default:
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[3] ^= 0xFF
        try bytes.write(to: URL(fileURLWithPath: path))
      }
      #expect(try Set(kinds(sandbox)) == [.feature], "\(damage)")
      #expect(throws: (any Error).self) { try sandbox.search { $0.positives = [.identifier(5)] } }
      #expect(try repair(sandbox).isSound, "\(damage)")
      #expect(try features(sandbox) == before, "\(damage)")
    }
  }

  @Test func goneAndChangedFiles() throws {
    let sandbox = try filled()
    try sandbox.remove("0.jpg")
    // Other bytes of the same length and time: only the hash tells.
    let path = sandbox.pictures + "/1.jpg"
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.replaceSubrange((bytes.count - 2)..., with: [0xFF, 0xD9])
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.modificationDate: attributes[.modificationDate] as Any], ofItemAtPath: path)
    #expect(try kinds(sandbox).sorted { $0.rawValue < $1.rawValue } == [.changedFile, .missingFile])
    #expect(try repair(sandbox).isSound)
    #expect(try Collection(at: sandbox.index).imageCount() == 5)
  }

  @Test func rowsWithoutPartners() throws {
    let sandbox = try filled()
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA foreign_keys = OFF")
      try db.execute(sql: "DELETE FROM image WHERE id = 2")
    }
    #expect(try Set(kinds(sandbox)) == [.row])
    #expect(try repair(sandbox).isSound)
  }

  @Test func aContentWithoutAnyPictureLeftGoes() throws {
    let sandbox = try filled()
    try DatabaseQueue(path: sandbox.index + "/collection.sqlite").write { db in
      try db.execute(sql: "UPDATE content SET feature_checksum = 1 WHERE id = 3")
    }
    try sandbox.remove("2.jpg")
    #expect(try kinds(sandbox).count == 2)
    #expect(try repair(sandbox).isSound)
    #expect(try Collection(at: sandbox.index).imageCount() == 5)
  }
}

import Foundation
import ImageDecoding
import Testing

@testable import Kindred

/// What becomes of uploads and thumbnails when things move, go and are mended.
@Suite struct UploadLifeTests {
  private func files(_ folder: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    return all.filter { $0.hasSuffix(".jpg") }.sorted()
  }

  private func upload(_ sandbox: Sandbox, hue: Int, name: String = "up.jpg") throws -> ImageRecord {
    try CollectionWriter(sandbox.collection())
      .add(image: Sandbox.jpeg(hue: hue), name: name, labels: ["kept"], model: Sandbox.model).record
  }

  @Test func originalsAreTheIndexedBytesOrGone() throws {
    let sandbox = try Sandbox()
    let path = try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let collection = try sandbox.collection()
    let record = try collection.record(id: 1)
    #expect(try collection.originalBytes(of: record) == Sandbox.jpeg(hue: 0))
    var other = Sandbox.jpeg(hue: 0)
    other[other.count / 2] ^= 1
    for bytes in [other, Sandbox.jpeg(hue: 1, side: 90), []] {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: KindredError.self) { try collection.originalBytes(of: record) }
      #expect(error?.code == .goneFile)
      #expect(error?.place == "a.jpg")
    }
    try sandbox.remove("a.jpg")
    #expect(throws: KindredError.self) { try collection.originalBytes(of: record) }
  }

  @Test func thumbnailsAreMadeOnceAndOutliveTheFile() throws {
    let sandbox = try Sandbox()
    let large = try sandbox.picture("a.jpg", hue: 0, side: 700)
    let small = try sandbox.picture("small.jpg", hue: 1, side: 40)
    try sandbox.run()
    let collection = try sandbox.collection()
    let records = try collection.imageIDs(paths: [large, small]).map { try collection.record(id: $0) }
    let record = records[0]
    for size in [128, 256, 512] {
      let bytes = try collection.thumbnail(of: record, longerSide: size)
      let decoded = try ImageDecoder().decode(bytes, name: "thumbnail")
      #expect(decoded.metadata.format == .jpeg && decoded.image.width == size && decoded.image.height == size)
      #expect(FileManager.default.contents(atPath: thumbnail(sandbox, record, size)) == Data(bytes))
    }
    let little = try ImageDecoder().decode(collection.thumbnail(of: records[1], longerSide: 256), name: "x")
    #expect(little.image.width == 40)
    #expect(throws: KindredError.self) { try collection.thumbnail(of: record, longerSide: 100) }
    // One that was cut short is made again.
    let path = thumbnail(sandbox, record, 128)
    let whole = try #require(FileManager.default.contents(atPath: path))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    #expect(try collection.thumbnail(of: record, longerSide: 128) == Array(whole))
    try sandbox.remove("a.jpg")
    #expect(try collection.thumbnail(of: record, longerSide: 128) == Array(whole))
    try FileManager.default.removeItem(atPath: path)
    let error = #expect(throws: KindredError.self) { try collection.thumbnail(of: record, longerSide: 128) }
    #expect(error?.code == .goneFile)
    // The next run takes the image, and with it what is left of its thumbnails.
    try sandbox.run()
    #expect(files(sandbox.index + "/thumbnails").count == 1)
  }

  private func thumbnail(_ sandbox: Sandbox, _ record: ImageRecord, _ size: Int) -> String {
    "\(sandbox.index)/thumbnails/\(size)/\(record.sha256.prefix(2))/\(record.sha256).jpg"
  }

  @Test func removingAnUploadRemovesItsFileAndWithTheLastItsThumbnails() throws {
    let sandbox = try Sandbox()
    let first = try upload(sandbox, hue: 0)
    let second = try upload(sandbox, hue: 0, name: "twin.jpg")
    let path = try sandbox.picture("indexed.jpg", hue: 1)
    try sandbox.run()
    let collection = try sandbox.collection()
    let indexed = try collection.imageIDs(paths: [path])
    _ = try collection.thumbnail(of: first, longerSide: 128)
    _ = try collection.thumbnail(of: collection.record(id: indexed[0]), longerSide: 256)
    let writer = try CollectionWriter(collection)
    #expect(try writer.removeImages(ids: [first.id, 999]) == 1)
    #expect(files(sandbox.index + "/uploads") == ["\(first.sha256)/twin.jpg"])
    #expect(files(sandbox.index + "/thumbnails").count == 2)
    #expect(try writer.removeImages(ids: [second.id]) == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.index + "/uploads").isEmpty)
    #expect(files(sandbox.index + "/thumbnails").count == 1)
    #expect(try writer.removeImages(ids: indexed) == 1)
    #expect(files(sandbox.index + "/thumbnails").isEmpty)
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func aLinkInThePlaceOfAnUploadsFolderIsNotFollowed() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    let folder = (record.path as NSString).deletingLastPathComponent
    try FileManager.default.moveItem(atPath: folder, toPath: sandbox.root + "/elsewhere")
    try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: sandbox.root + "/elsewhere")
    #expect(try CollectionWriter(sandbox.collection()).removeImages(ids: [record.id]) == 1)
    #expect(FileManager.default.fileExists(atPath: sandbox.root + "/elsewhere/up.jpg"))
  }

  @Test func uploadsAreFoundWhereTheCollectionIsNow() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    let moved = sandbox.root + "/index/renamed"
    try FileManager.default.moveItem(atPath: sandbox.index, toPath: moved)
    let collection = try Collection(at: moved)
    #expect(try collection.record(id: record.id).path == record.path)
    #expect(try collection.originalBytes(of: record) == Sandbox.jpeg(hue: 0))
    #expect(try Verifier(collection).run().isSound)
    #expect(try Verifier(collection, hashesFiles: false).run().isSound)
    // A run over the folder above, with the same bytes in it elsewhere, takes the upload neither for gone nor for moved.
    try sandbox.picture("copy.jpg", hue: 0)
    let summary = try Indexer(writer: CollectionWriter(collection), loadModel: Sandbox.model).run([sandbox.root])
    #expect(summary.removed == 0 && summary.moved == 0 && summary.duplicates == 1)
    #expect(try collection.imageCount() == 2)
    let now = try collection.record(id: record.id)
    #expect(now.path == moved + "/uploads/\(record.sha256)/up.jpg")
    #expect(now.labels.map(\.name) == ["kept"])
    #expect(try CollectionWriter(collection).removeImages(ids: [record.id]) == 1)
    #expect(files(moved + "/uploads").isEmpty)
  }

  @Test func aCopyOfACollectionKeepsToItsOwnFiles() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    let copy = sandbox.root + "/index/copy"
    try FileManager.default.copyItem(atPath: sandbox.index, toPath: copy)
    #expect(try CollectionWriter(Collection(at: copy)).removeImages(ids: [record.id]) == 1)
    #expect(files(copy + "/uploads").isEmpty)
    #expect(files(sandbox.index + "/uploads").count == 1)
    #expect(try sandbox.collection().originalBytes(of: record) == Sandbox.jpeg(hue: 0))
  }

  @Test func uploadsAndThumbnailsOfAnotherCollectionAreNotIndexed() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    _ = try sandbox.collection().thumbnail(of: record, longerSide: 128)
    try sandbox.picture("uploads/a.jpg", hue: 1)
    let other = try Collection.create(at: sandbox.root + "/index/other", settings: Sandbox.settings(Sandbox.model()))
    let summary = try Indexer(writer: CollectionWriter(other), loadModel: Sandbox.model).run([sandbox.root])
    #expect(summary.indexed == 1 && summary.total == 1)
  }

  @Test func repairTakesAwayWhatAnInterruptedWriterLeft() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    let collection = try sandbox.collection()
    _ = try collection.thumbnail(of: record, longerSide: 128)
    let stray = ContentHash.sha256([1])
    let path = collection.uploads.path(digest: ContentHash.hexString(stray), name: "stray.jpg")
    #expect(try collection.uploads.store([1], digest: stray, at: path))
    try FileManager.default.createDirectory(atPath: sandbox.index + "/uploads/mine", withIntermediateDirectories: true)
    try "x".write(toFile: sandbox.index + "/uploads/mine/a.jpg", atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: record.path)
    #expect(try Verifier(collection).run().problems.map(\.kind) == [.missingFile])
    #expect(try Repairer(collection, loadModel: Sandbox.model).run().after.isSound)
    #expect(files(sandbox.index + "/uploads") == ["mine/a.jpg"])
    #expect(files(sandbox.index + "/thumbnails").isEmpty)
  }

  @Test func aDamagedFeatureOfAnUploadIsMadeAgainAfterAMove() throws {
    let sandbox = try Sandbox()
    let record = try upload(sandbox, hue: 0)
    let moved = sandbox.root + "/index/renamed"
    try FileManager.default.moveItem(atPath: sandbox.index, toPath: moved)
    let features = moved + "/features-000001.f32"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: features))
    bytes[bytes.count - 9] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: features))
    let collection = try Collection(at: moved)
    #expect(try Repairer(collection, loadModel: Sandbox.model).run().after.isSound)
    #expect(try collection.record(id: record.id).labels.map(\.name) == ["kept"])
  }

  @Test func pagesOfImages() throws {
    let sandbox = try Sandbox()
    for number in 0..<7 { try sandbox.picture("\(number % 2 == 0 ? "even" : "odd")/\(number).jpg", hue: number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    #expect(try collection.images(limit: 3).map(\.id) == [1, 2, 3])
    #expect(try collection.images(after: 3, limit: 3).map(\.id) == [4, 5, 6])
    #expect(try collection.images(after: 6, limit: 3).map(\.id) == [7])
    #expect(try collection.images(after: 7, limit: 3).isEmpty)
    #expect(try collection.images(limit: 0).isEmpty)
    var filter = SearchFilter()
    filter.label = "EVEN"
    let even = try collection.images(limit: 100, filter: filter)
    #expect(even.count == 4 && even.allSatisfy { $0.path.contains("/even/") && $0.labels.count == 1 })
    #expect(try collection.images(after: even[1].id, limit: 1, filter: filter) == [even[2]])
    filter.label = "nobody"
    #expect(try collection.images(limit: 100, filter: filter).isEmpty)
  }

  @Test func labelsThatAreMeant() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let collection = try sandbox.collection()
    #expect(try collection.matchLabel("dalmatian") == nil)
    let writer = try CollectionWriter(collection)
    for label in ["dalmatian", "grand_piano", "upright piano stool", "golden retriever", "Étoile", "a"] {
      _ = try writer.addLabel(label, to: [1])
    }
    for (text, label) in [
      ("Dalmatian", "dalmatian"), ("étoile", "Étoile"), ("piano", "grand_piano"),
      ("piano stool", "upright piano stool"),
      ("a dalmatian on the beach", "dalmatian"), ("my golden retriever and a dalmatian", "golden retriever"),
      ("dalmation", "dalmatian"), ("two dalmations", "dalmatian"), ("retrievr golden", "golden retriever"),
    ] {
      #expect(try collection.matchLabel(text) == label, "\(text)")
    }
    for text in ["xylophone", "", "   ", "!?", String(repeating: "x", count: 100_000)] {
      #expect(try collection.matchLabel(text) == nil)
    }
  }
}

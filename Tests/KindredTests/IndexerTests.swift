import Foundation
import Testing

@testable import Kindred

@Suite struct IndexerTests {
  @Test func indexesAFolderAndThenOnlyWhatChanged() throws {
    let sandbox = try Sandbox()
    for number in 0..<5 { try sandbox.picture("red/\(number).jpg", hue: 0, variant: number) }
    for number in 0..<5 { try sandbox.picture("green/\(number).jpg", hue: 1, variant: number) }
    var summary = try sandbox.run()
    #expect(summary.indexed == 10)
    #expect(summary.total == 10)
    #expect(summary.skipped.isEmpty)

    summary = try sandbox.run()
    #expect(summary.unchanged == 10)
    #expect(summary.indexed == 0)

    try sandbox.picture("red/0.jpg", hue: 2, side: 50)
    try sandbox.picture("blue/new.jpg", hue: 2, variant: 3)
    try sandbox.remove("green/4.jpg")
    summary = try sandbox.run()
    #expect(summary.indexed == 2)
    #expect(summary.unchanged == 8)
    #expect(summary.removed == 1)
    #expect(summary.total == 10)
    #expect(try Verifier(sandbox.collection()).run().problems == [])
  }

  @Test func unchangedFilesDoNotLoadTheModel() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    struct Loaded: Error {}
    let summary = try Indexer(writer: CollectionWriter(sandbox.collection()), loadModel: { throw Loaded() })
      .run([sandbox.pictures])
    #expect(summary.unchanged == 1)
  }

  @Test func aMovedFileKeepsItsIdentityAndLabels() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("cats/tom.jpg", hue: 0)
    try sandbox.picture("cats/other.jpg", hue: 1)
    try sandbox.run()
    let collection = try sandbox.collection()
    let id = try collection.imageIDs(paths: [sandbox.pictures + "/cats/tom.jpg"])[0]
    _ = try CollectionWriter(collection).addLabel("Tom", to: [id])

    try sandbox.move("cats/tom.jpg", to: "animals/thomas.jpg")
    let summary = try sandbox.run()
    #expect(summary.moved == 1)
    #expect(summary.indexed == 0)
    #expect(summary.removed == 0)
    let record = try collection.record(id: id)
    #expect(record.path == sandbox.pictures + "/animals/thomas.jpg")
    #expect(Set(record.labels) == [Label(name: "Tom", source: .manual), Label(name: "animals", source: .folder)])
  }

  @Test func theSameBytesShareOneEmbedding() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a/one.jpg", hue: 0)
    try sandbox.picture("b/two.jpg", hue: 0)
    try sandbox.picture("b/three.jpg", hue: 1)
    var summary = try sandbox.run()
    #expect(summary.indexed == 2)
    #expect(summary.duplicates == 1)
    try sandbox.picture("c/four.jpg", hue: 1)
    summary = try sandbox.run()
    #expect(summary.duplicates == 1)
    let moment = try sandbox.collection().moment()
    #expect(moment.imageCount == 4)
    #expect(moment.contentCount == 2)
    #expect(moment.rowCount == 2)

    // The embedding goes when its last file goes.
    try sandbox.remove("a/one.jpg")
    try sandbox.run()
    #expect(try sandbox.collection().moment().contentCount == 2)
    try sandbox.remove("b/two.jpg")
    try sandbox.run()
    #expect(try sandbox.collection().moment().contentCount == 1)
  }

  @Test func badFilesAreCountedRememberedAndTriedAgainWhenTheyChange() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("good.jpg", hue: 0)
    try sandbox.write("text.txt", "words")
    try sandbox.write("animation.gif", "GIF89a and so on")
    try Data(Sandbox.jpeg(hue: 1).prefix(300)).write(to: URL(fileURLWithPath: sandbox.pictures + "/cut.jpg"))
    try Data().write(to: URL(fileURLWithPath: sandbox.pictures + "/empty.jpg"))
    try FileManager.default.createDirectory(
      atPath: sandbox.pictures + "/folder.jpg", withIntermediateDirectories: true)
    for round in 0..<2 {
      let summary = try sandbox.run()
      #expect(summary.indexed == (round == 0 ? 1 : 0))
      #expect(summary.skipped == ["unsupported-format": 1, "truncated": 1, "empty": 1])
      #expect(summary.otherFiles == 1)
      #expect(summary.examples.contains { $0.path.hasSuffix("animation.gif") && $0.reason.contains("GIF") })
    }
    try sandbox.picture("cut.jpg", hue: 1)
    let summary = try sandbox.run()
    #expect(summary.indexed == 1)
    #expect(summary.skipped == ["unsupported-format": 1, "empty": 1])
  }

  @Test func aPictureThatBecomesUnreadableLeaves() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.picture("b.jpg", hue: 1)
    try sandbox.run()
    try sandbox.write("a.jpg", "no longer a picture")
    let summary = try sandbox.run()
    #expect(summary.total == 1)
    #expect(try Verifier(sandbox.collection()).run().isSound)
  }

  @Test func patternsHiddenFilesAndLinks() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("keep/a.jpg", hue: 0)
    try sandbox.picture("keep/b.jpeg", hue: 1)
    try sandbox.picture("drop/c.jpg", hue: 2)
    try sandbox.picture(".hidden/d.jpg", hue: 3)
    try sandbox.picture("keep/.e.jpg", hue: 4)
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: sandbox.pictures + "/loop.jpg", withDestinationPath: "loop.jpg")
    try manager.createSymbolicLink(atPath: sandbox.pictures + "/gone.jpg", withDestinationPath: "nothing")
    try manager.createSymbolicLink(atPath: sandbox.pictures + "/keep/up", withDestinationPath: "..")
    try manager.createSymbolicLink(
      atPath: sandbox.pictures + "/linked", withDestinationPath: sandbox.root + "/elsewhere")
    try manager.createDirectory(atPath: sandbox.root + "/elsewhere", withIntermediateDirectories: true)
    try Data(Sandbox.jpeg(hue: 4, variant: 5)).write(to: URL(fileURLWithPath: sandbox.root + "/elsewhere/f.jpg"))

    var options = IndexOptions()
    options.include = ["*.jpg"]
    options.exclude = ["drop"]
    var summary = try sandbox.run(options)
    #expect(summary.indexed == 1)
    #expect(summary.skipped == ["unreadable": 1, "not-found": 1])

    // Files that the patterns leave out later are still there, and stay.
    options.include = ["*.jpeg"]
    options.followsLinks = true
    summary = try sandbox.run(options)
    #expect(summary.indexed == 1)
    #expect(summary.removed == 0)
    #expect(summary.total == 2)
    options.include = []
    summary = try sandbox.run(options)
    #expect(summary.indexed == 1)
    #expect(summary.examples.contains { $0.path.hasSuffix("keep/up") })
  }

  @Test func theIndexInsideTheFolderIsLeftOut() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    let collection = try Collection.create(
      at: sandbox.pictures + "/index/default", settings: Sandbox.settings(Sandbox.model()))
    for _ in 0..<2 {
      let summary = try Indexer(writer: CollectionWriter(collection), loadModel: Sandbox.model).run([sandbox.pictures])
      #expect(summary.otherFiles == 0)
      #expect(summary.total == 1)
    }
  }

  @Test func anEmptiedFolderNeedsAWord() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    try sandbox.remove("a.jpg")
    let error = #expect(throws: KindredError.self) { try sandbox.run() }
    #expect(error?.code == .unreadableFolder)
    #expect(error?.description.contains("--allow-empty") == true)
    #expect(try sandbox.collection().imageCount() == 1)
    var options = IndexOptions()
    options.allowsEmpty = true
    #expect(try sandbox.run(options).removed == 1)
    #expect(try sandbox.collection().imageCount() == 0)
  }

  @Test func aMissingFolderIsAnErrorThatNamesIt() throws {
    let sandbox = try Sandbox()
    let indexer = Indexer(writer: try CollectionWriter(sandbox.collection()), loadModel: Sandbox.model)
    let error = #expect(throws: KindredError.self) { try indexer.run(["/no/such/folder"]) }
    #expect(error?.place == "/no/such/folder")
  }

  @Test func aStoppedRunGoesOn() throws {
    let sandbox = try Sandbox()
    for number in 0..<20 { try sandbox.picture("\(number).jpg", hue: number % 5, variant: number) }
    var options = IndexOptions()
    options.batchSize = 4
    options.decodingThreads = 2
    let first = try sandbox.run(options, stopAfter: 2)
    #expect(first.interrupted)
    #expect(first.total > 0 && first.total < 20)
    let second = try sandbox.run(options)
    #expect(!second.interrupted)
    #expect(second.unchanged == first.total)
    #expect(second.total == 20)
    #expect(try Verifier(sandbox.collection()).run().isSound)
  }

  @Test func whatACrashLeftBehindTheLastCommitIsDropped() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.run()
    let collection = try sandbox.collection()
    do {
      // A process that died between the append and the transaction.
      let writer = try CollectionWriter(collection)
      _ = try writer.features.append(rows: [0], of: writer.features)
    }
    #expect(try Verifier(collection).run().isSound)
    try sandbox.picture("b.jpg", hue: 1)
    #expect(try sandbox.run().indexed == 1)
    #expect(try collection.moment().rowCount == 2)
    #expect(try Verifier(Collection(at: sandbox.index)).run().isSound)
  }

  @Test func oneWriterAtATime() throws {
    let sandbox = try Sandbox()
    let collection = try sandbox.collection()
    let first = try CollectionWriter(collection)
    let error = #expect(throws: KindredError.self) { try CollectionWriter(collection) }
    #expect(error?.code == .busy)
    #expect(error?.reason.contains("\(getpid())") == true)
    withExtendedLifetime(first) {}
  }

  @Test func deadRowsAreCompacted() throws {
    let sandbox = try Sandbox()
    for number in 0..<12 { try sandbox.picture("\(number).jpg", hue: number % 5, variant: number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    var before: [String: [Float]] = [:]
    try collection.forEachRecord { record in
      before[record.path] = try collection.feature(row: record.featureRow)
    }
    for number in [0, 3, 4, 7, 11] { try sandbox.remove("\(number).jpg") }
    try sandbox.run()
    do {
      let writer = try CollectionWriter(collection)
      try writer.compact()
      #expect(try collection.moment().rowCount == 7)
      #expect(writer.features.rowCount == 7)
    }
    var count = 0
    try collection.forEachRecord { record in
      let feature = try collection.feature(row: record.featureRow)
      #expect(feature == before[record.path])
      count += 1
    }
    #expect(count == 7)
    #expect(try Verifier(collection).run().isSound)
    let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.index)
    #expect(files.filter { $0.hasPrefix("features-") } == ["features-000002.f32"])
  }

  @Test func linksMustLeadIntoTheAllowedFolders() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("inside.jpg", hue: 0)
    try sandbox.picture("folder/inside.jpg", hue: 1)
    try FileManager.default.createDirectory(atPath: sandbox.root + "/elsewhere", withIntermediateDirectories: true)
    let secret = sandbox.root + "/elsewhere/secret.jpg"
    try Data(Sandbox.jpeg(hue: 2)).write(to: URL(fileURLWithPath: secret))
    try FileManager.default.createSymbolicLink(atPath: sandbox.pictures + "/out.jpg", withDestinationPath: secret)
    try FileManager.default.createSymbolicLink(
      atPath: sandbox.pictures + "/within.jpg", withDestinationPath: "folder/inside.jpg")
    var options = IndexOptions()
    options.allowedRoots = try AllowedRoots([sandbox.pictures])
    let summary = try sandbox.run(options)
    #expect(summary.total == 3)
    #expect(summary.skipped == ["not-allowed": 1])
    #expect(try sandbox.run().total == 4)
  }
}

import Foundation
import GRDB
import ImageDecoding
import ResNet
import Testing

@testable import Kindred

@Suite struct AddImageTests {
  private func never() throws -> ImageModel {
    throw KindredError(.invalidArgument, reason: "no network is needed here")
  }

  private func uploads(_ sandbox: Sandbox) throws -> [String] {
    (FileManager.default.enumerator(atPath: sandbox.index + "/uploads")?.allObjects as? [String] ?? [])
      .filter { $0.contains("/") }.sorted()
  }

  @Test func anUploadIsAnImageOfTheCollection() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("red.jpg", hue: 0)
    try sandbox.picture("green.jpg", hue: 1)
    try sandbox.run()
    let collection = try sandbox.collection()
    let bytes = Sandbox.jpeg(hue: 0, variant: 1)
    let digest = ContentHash.hexString(ContentHash.sha256(bytes))
    do {
      let writer = try CollectionWriter(collection)
      let added = try writer.add(image: bytes, name: "my dog.png", labels: [" dog ", "pet"], model: Sandbox.model)
      #expect(added.isNew)
      #expect(added.record.path == sandbox.index + "/uploads/\(digest)/my dog.jpg")
      #expect(added.record.sha256 == digest && added.record.format == "jpeg" && added.record.width == 48)
      #expect(Set(added.record.labels) == [Label(name: "dog", source: .manual), Label(name: "pet", source: .manual)])
      // The same again is the same; no network is asked.
      let again = try writer.add(image: bytes, name: "my dog.png", labels: ["dog", "good"], model: never)
      #expect(!again.isNew && again.record.id == added.record.id)
      #expect(again.record.labels.map(\.name).sorted() == ["dog", "good", "pet"])
      // Another name is another image with the same content.
      let other = try writer.add(image: bytes, name: nil, model: never)
      #expect(other.isNew && other.record.id != added.record.id)
      #expect(other.record.path.hasSuffix("/\(digest.prefix(12)).jpg"))
    }
    #expect(try uploads(sandbox) == ["\(digest)/\(digest.prefix(12)).jpg", "\(digest)/my dog.jpg"])
    let found = try sandbox.search { $0.positives = [.file(sandbox.pictures + "/red.jpg")] }
    #expect(found.hits.count == 4)
    #expect(found.hits[1].record.sha256 == digest)
    #expect(try Verifier(collection).run().isSound)
  }

  @Test func aFileIsAddedWhereItLies() throws {
    let sandbox = try Sandbox()
    let path = try sandbox.picture("cats/tom.jpg", hue: 0)
    let collection = try sandbox.collection()
    do {
      let writer = try CollectionWriter(collection)
      let added = try writer.add(file: path, labels: ["mine"], model: Sandbox.model)
      #expect(added.isNew && added.record.path == path)
      #expect(added.record.labels.map(\.name).sorted() == ["cats", "mine"])
      #expect(try !writer.add(file: path, model: never).isNew)
      // The file changes: the image stays, the old content goes.
      try sandbox.picture("cats/tom.jpg", hue: 2, side: 60)
      let changed = try writer.add(file: path, model: Sandbox.model)
      #expect(!changed.isNew && changed.record.id == added.record.id && changed.record.width == 60)
    }
    #expect(try collection.moment().contentCount == 1)
    #expect(try Verifier(collection).run().isSound)
    // An index run sees nothing new.
    let summary = try sandbox.run()
    #expect(summary.unchanged == 1 && summary.indexed == 0)
    #expect(try uploads(sandbox).isEmpty)
  }

  @Test func ofABatchThoseThatFailDoNotStopTheOthers() throws {
    let sandbox = try Sandbox()
    let file = try sandbox.picture("a.jpg", hue: 1)
    let red = Sandbox.jpeg(hue: 0)
    let large = Sandbox.jpeg(hue: 3, side: 200)
    let collection = try sandbox.collection()
    var images = [
      NewImage(.bytes(red, name: "red.jpg"), labels: ["x"]), NewImage(.bytes([], name: "empty")),
      NewImage(.bytes(Array("hello".utf8), name: "text.txt")), NewImage(.bytes(red, name: "red.jpg"), labels: ["y"]),
      NewImage(.bytes(Array(red.prefix(red.count / 2)), name: "half.jpg")), NewImage(.bytes(large, name: "large.jpg")),
      NewImage(.file(sandbox.pictures + "/none.jpg")), NewImage(.file(file)), NewImage(.file(sandbox.pictures)),
      NewImage(.bytes(Sandbox.jpeg(hue: 4), name: "blank"), labels: [" "]),
      NewImage(.bytes(Array("GIF89a".utf8) + [0, 0], name: "x.gif")),
    ]
    // More than go through the network at once.
    for number in 0..<20 {
      images.append(NewImage(.bytes(Sandbox.jpeg(hue: number, variant: number), name: "\(number)")))
    }
    let results = try CollectionWriter(collection).add(images, model: Sandbox.model, maximumPixels: 150 * 150)
    #expect(results.count == images.count)
    func code(_ index: Int) -> String? {
      guard case .failure(let error) = results[index] else { return nil }
      return (error as? ImageDecodingError)?.code.rawValue ?? (error as? KindredError)?.code.rawValue
    }
    #expect(
      (0..<11).map(code) == [
        nil, "empty", "not-a-picture", nil, "truncated", "too-many-pixels", "not-found", nil, "not-a-regular-file",
        "invalidArgument", "unsupported-format",
      ])
    let first = try results[0].get()
    let twin = try results[3].get()
    #expect(first.isNew && !twin.isNew && first.record.id == twin.record.id)
    #expect(twin.record.labels.map(\.name).sorted() == ["x", "y"])
    #expect(try results[11...].allSatisfy { try $0.get().isNew })
    #expect(try collection.imageCount() == 22)
    // What failed left nothing behind.
    #expect(try uploads(sandbox).count == 21)
    #expect(try Verifier(collection).run().isSound)
  }

  @Test func aHeaderThatLiesIsRefusedBeforeItIsDecoded() throws {
    let sandbox = try Sandbox()
    // PNG of 60,000 × 60,000 by its header.
    var bomb: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    bomb += Array("IHDR".utf8) + [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0]
    bomb += [0x0F, 0xB0, 0xE2, 0x15] + [UInt8](repeating: 0, count: 64)
    let writer = try CollectionWriter(sandbox.collection())
    let error = #expect(throws: ImageDecodingError.self) {
      try writer.add(image: bomb, name: "bomb.png", model: Sandbox.model)
    }
    #expect(error?.code == .tooManyPixels)
    #expect(try sandbox.collection().imageCount() == 0)
    #expect(try uploads(sandbox).isEmpty)
  }

  @Test func vectorsTakeNoPictures() throws {
    let sandbox = try Sandbox()
    let member = try IndexFolder(path: sandbox.root + "/index").createVectors(name: "v")
    let error = #expect(throws: KindredError.self) {
      try CollectionWriter(member.collection).add(image: Sandbox.jpeg(hue: 0), name: nil, model: Sandbox.model)
    }
    #expect(error?.code == .wrongKind)
  }

  @Test func whenTheNetworkIsNotThereNothingIsLeftBehind() throws {
    let sandbox = try Sandbox()
    let writer = try CollectionWriter(sandbox.collection())
    #expect(throws: KindredError.self) { try writer.add(image: Sandbox.jpeg(hue: 0), name: nil, model: never) }
    #expect(try uploads(sandbox).isEmpty)
  }
}

import Foundation
import Testing

@testable import Kindred

@Suite struct LabelTests {
  @Test func folderCSVAndSidecarLabels() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("birds/a.jpg", hue: 0)
    try sandbox.picture("birds/b.jpg", hue: 1)
    try sandbox.write("birds/a.txt", "A robin.\nde.utf8=Ein Rotkehlchen.\n\nred breast\n")
    try sandbox.write("labels.csv", "path,label,confidence\nbirds/a.jpg,\"Bird, small\",0.5\nbirds/b.jpg,finch\n")
    try sandbox.run()
    var options = IndexOptions()
    // Files that did not change take labels too.
    options.labels = [.folder, .sidecar, .csv(sandbox.pictures + "/labels.csv")]
    try sandbox.run(options)
    let collection = try sandbox.collection()
    func labels(_ name: String) throws -> Set<Label> {
      let id = try collection.imageIDs(paths: [sandbox.pictures + "/" + name])[0]
      return Set(try collection.record(id: id).labels)
    }
    #expect(
      try labels("birds/a.jpg") == [
        Label(name: "birds", source: .folder), Label(name: "A robin", source: .sidecar),
        Label(name: "red breast", source: .sidecar), Label(name: "Bird, small", source: .csv, confidence: 0.5),
      ])
    #expect(try labels("birds/b.jpg") == [Label(name: "birds", source: .folder), Label(name: "finch", source: .csv)])
  }

  @Test(arguments: [
    ("a.jpg", "labels.csv:1"), ("a.jpg,x,1,2", "labels.csv:1"), ("path,label\na.jpg,x,high", "labels.csv:2"),
    ("a.jpg,x,1.5", "labels.csv:1"), ("a.jpg,\"x", "labels.csv:1"), ("a.jpg,  ", "labels.csv:1"),
  ]) func badCSVNamesTheLine(_ text: String, _ place: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write("labels.csv", text)
    let error = #expect(throws: KindredError.self) {
      try LabelReader.csvLabels(contentsOf: sandbox.pictures + "/labels.csv")
    }
    #expect(error?.place?.hasSuffix(place) == true)
  }

  @Test func csvRows() throws {
    let rows = try CSV.rows("\u{FEFF}a,b\r\n\"x \"\"y\"\"\",\"two\nlines\"\n\nlast,", name: "test")
    #expect(rows.map(\.fields) == [["a", "b"], ["x \"y\"", "two\nlines"], ["last", ""]])
    #expect(rows.map(\.line) == [1, 2, 5])
    #expect(CSV.row(["a", "b,c", "d\"e"]) == "a,\"b,c\",\"d\"\"e\"")
  }

  @Test func addRemoveRenameAndList() throws {
    let sandbox = try Sandbox()
    for number in 0..<3 { try sandbox.picture("cats/\(number).jpg", hue: number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    let ids = try collection.imageIDs(matching: SearchFilter())
    let writer = try CollectionWriter(collection)
    #expect(try writer.addLabel(" Tom ", to: [ids[0], ids[1]]) == 2)
    #expect(try writer.addLabel("Tom", to: [ids[1]]) == 0)
    #expect(
      try collection.labels() == [
        LabelCount(name: "cats", count: 3, given: 3), LabelCount(name: "Tom", count: 2, given: 2),
      ])
    #expect(try collection.labels(prefix: "TO").map(\.name) == ["Tom"])
    #expect(try writer.renameLabel("tom", to: "cats") == 2)
    #expect(try collection.labels() == [LabelCount(name: "cats", count: 3, given: 3)])
    #expect(try writer.removeLabel("cats", from: [ids[2]]) == 1)
    #expect(try collection.labels() == [LabelCount(name: "cats", count: 2, given: 2)])
    #expect(try writer.removeLabel("cats", from: nil) == 2)
    #expect(try collection.labels().isEmpty)
    #expect(throws: KindredError.self) { try writer.addLabel("  ", to: ids) }
    #expect(throws: KindredError.self) { try writer.addLabel("x", to: [999]) }
    #expect(throws: KindredError.self) { try writer.removeLabel("cats", from: nil) }
  }

  @Test func aLabelTakenAwayStaysAwayWhenNothingChanged() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("cats/a.jpg", hue: 0)
    try sandbox.run()
    do { _ = try CollectionWriter(sandbox.collection()).removeLabel("cats", from: nil) }
    try sandbox.run()
    #expect(try sandbox.collection().labels().isEmpty)
  }

  @Test func labelsOfFilesGoWithTheFiles() throws {
    let sandbox = try Sandbox()
    for number in 0..<3 { try sandbox.picture("birds/\(number).jpg", hue: number) }
    try sandbox.write("birds/0.txt", "robin\n")
    try sandbox.write("birds/1.txt", "finch\n")
    try sandbox.write("labels.csv", "birds/0.jpg,small\nbirds/1.jpg,big,0.5\n")
    let csv = sandbox.pictures + "/labels.csv"
    var options = IndexOptions()
    options.labels = [.folder, .sidecar, .csv(csv)]
    try sandbox.run(options)
    let collection = try sandbox.collection()
    func names(_ number: Int) throws -> Set<String> {
      let id = try collection.imageIDs(paths: [sandbox.pictures + "/birds/\(number).jpg"])[0]
      return Set(try collection.record(id: id).labels.map { "\($0.source.rawValue):\($0.name) \($0.confidence)" })
    }
    func add(_ label: String, to number: Int) throws {
      let id = try collection.imageIDs(paths: [sandbox.pictures + "/birds/\(number).jpg"])
      _ = try CollectionWriter(collection).addLabel(label, to: id)
    }
    try add("mine", to: 0)
    #expect(try names(0) == ["folder:birds 1.0", "sidecar:robin 1.0", "csv:small 1.0", "manual:mine 1.0"])

    // A source that is not asked for keeps its labels.
    try sandbox.remove("birds/0.txt")
    try sandbox.write("labels.csv", "birds/1.jpg,big,0.25\n")
    try sandbox.run()
    #expect(try names(0) == ["folder:birds 1.0", "sidecar:robin 1.0", "csv:small 1.0", "manual:mine 1.0"])

    options.labels = [.sidecar]
    try sandbox.run(options)
    #expect(try names(0) == ["folder:birds 1.0", "csv:small 1.0", "manual:mine 1.0"])
    options.labels = [.csv(csv)]
    try sandbox.run(options)
    #expect(try names(0) == ["folder:birds 1.0", "manual:mine 1.0"])
    #expect(try names(1) == ["folder:birds 1.0", "sidecar:finch 1.0", "csv:big 0.25"])

    // An empty CSV file takes the last ones away.
    try sandbox.write("labels.csv", "path,label\n")
    try sandbox.run(options)
    #expect(try names(1) == ["folder:birds 1.0", "sidecar:finch 1.0"])
  }

  @Test func labelsWithoutRegardToCaseBeyondASCII() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("étoile/0.jpg", hue: 0)
    try sandbox.picture("Çırak/1.jpg", hue: 1)
    try sandbox.run()
    let collection = try sandbox.collection()
    #expect(try collection.resolveLabel("Étoile") == "étoile")
    #expect(try collection.resolveLabel("E\u{301}TOILE") == "étoile")
    #expect(try collection.labels(prefix: "ÉT").map(\.name) == ["étoile"])
    #expect(try collection.labels(prefix: "çI").isEmpty)
    #expect(try collection.labels(prefix: "ç").map(\.name) == ["Çırak"])
    #expect(throws: KindredError.self) { try collection.resolveLabel("etoile") }
  }

  @Test func aLinkIsTheImageOfItsOwnName() throws {
    let sandbox = try Sandbox()
    let target = try sandbox.picture("p/target.jpg", hue: 0)
    let link = sandbox.pictures + "/p/link.jpg"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    try sandbox.run()
    let collection = try sandbox.collection()
    let ids = try collection.imageIDs(paths: [link, target])
    #expect(try ids.map { try collection.record(id: $0).path } == [link, target])
    // Through a linked folder, and by a link that is not in the collection itself.
    let folder = sandbox.root + "/elsewhere"
    try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: sandbox.pictures + "/p")
    #expect(try collection.imageIDs(paths: [folder + "/link.jpg", folder + "/../p/target.jpg"]) == ids)
    let outside = sandbox.root + "/outside.jpg"
    try FileManager.default.createSymbolicLink(atPath: outside, withDestinationPath: target)
    #expect(try collection.imageIDs(paths: [outside]) == [ids[1]])
  }

  @Test func spelling() {
    let known = ["dalmatian", "elephant", "dolphin", "grand_piano"]
    #expect(Spelling.nearest(to: "dalmation", among: known, limit: 3) == ["dalmatian"])
    #expect(Spelling.nearest(to: "piano", among: known, limit: 3) == ["grand_piano"])
    #expect(Spelling.nearest(to: "xylophone", among: known, limit: 3).isEmpty)
    #expect(Spelling.editDistance(Array("ab"), Array("ba"), most: 2) == 1)
    #expect(Spelling.editDistance(Array(""), Array("abc"), most: 3) == 3)
    #expect(Spelling.editDistance(Array("kitten"), Array("sitting"), most: 3) == 3)
    #expect(Spelling.editDistance(Array("kitten"), Array("sitting"), most: 2) == nil)
  }

  /// The band around the diagonal gives what the whole table gives.
  @Test func distancesWithinTheBandAreRight() {
    func whole(_ first: [UInt8], _ second: [UInt8]) -> Int {
      var table = [[Int]](repeating: [Int](repeating: 0, count: second.count + 1), count: first.count + 1)
      for row in 0...first.count {
        for column in 0...second.count {
          guard row > 0, column > 0 else {
            table[row][column] = max(row, column)
            continue
          }
          let same = first[row - 1] == second[column - 1]
          table[row][column] = min(
            table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + (same ? 0 : 1))
          if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
            table[row][column] = min(table[row][column], table[row - 2][column - 2] + 1)
          }
        }
      }
      return table[first.count][second.count]
    }
    let seed: UInt64 = 5
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    func word() -> [UInt8] {
      (0..<Int.random(in: 0...9, using: &generator)).map { _ in UInt8.random(in: 0...2, using: &generator) }
    }
    for _ in 0..<3_000 {
      let (first, second) = (word(), word())
      let distance = whole(first, second)
      for most in 0...8 {
        #expect(Spelling.editDistance(first, second, most: most) == (distance <= most ? distance : nil))
      }
    }
  }
}

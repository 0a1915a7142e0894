import Foundation
import Testing
import VectorIndex

@testable import Kindred

@Suite struct SearchTests {
  /// Three hues of four pictures each.
  private func filled() throws -> Sandbox {
    let sandbox = try Sandbox()
    for (hue, name) in ["red", "green", "blue"].enumerated() {
      for number in 0..<4 { try sandbox.picture("\(name)/\(number).jpg", hue: hue, variant: number) }
    }
    try sandbox.run()
    return sandbox
  }

  @Test func anImageFindsItselfAndItsKind() throws {
    let sandbox = try filled()
    let result = try sandbox.search { $0.positives = [.file(sandbox.pictures + "/green/2.jpg")] }
    #expect(result.hits.count == 10)
    #expect(result.exact)
    #expect(sandbox.names(result)[0] == "green/2.jpg")
    #expect(abs(result.hits[0].score - 1) < 1e-5)
    #expect(result.hits.map(\.score) == result.hits.map(\.score).sorted(by: >))
    #expect(Set(sandbox.names(result).prefix(4).map { $0.prefix(5) }) == ["green"])
    // The feature of an indexed picture is taken from the collection.
    #expect(result.timing.load == 0)
  }

  @Test func bytesIdentifiersAndVectors() throws {
    let sandbox = try filled()
    let collection = try sandbox.collection()
    let fresh = try sandbox.search {
      $0.positives = [.bytes(Sandbox.jpeg(hue: 0, variant: 9), name: "standard input")]
      $0.top = 4
    }
    #expect(fresh.timing.load > 0)
    #expect(Set(sandbox.names(fresh).map { $0.prefix(3) }) == ["red"])

    let id = try collection.imageIDs(paths: [sandbox.pictures + "/blue/1.jpg"])[0]
    let byID = try sandbox.search { $0.positives = [.identifier(id)] }
    #expect(!byID.hits.contains { $0.record.id == id })
    #expect(sandbox.names(byID)[0].hasPrefix("blue"))

    let record = try collection.record(id: id)
    let vector = try collection.feature(row: record.featureRow).map { $0 * 3 }
    let byVector = try sandbox.search { $0.positives = [.vector(vector)] }
    #expect(byVector.hits[0].record.id == id)
    #expect(throws: KindredError.self) { try sandbox.search { $0.positives = [.vector([1, 2, 3])] } }
    #expect(throws: KindredError.self) {
      try sandbox.search { $0.positives = [.vector([Float](repeating: 0, count: vector.count))] }
    }
    #expect(throws: KindredError.self) { try sandbox.search { $0.positives = [.identifier(999)] } }
    #expect(throws: KindredError.self) { try sandbox.search { _ in } }
  }

  @Test func severalImagesAreAveragedAndNegativesTakeAway() throws {
    let sandbox = try filled()
    let red = sandbox.pictures + "/red/0.jpg"
    let blue = sandbox.pictures + "/blue/0.jpg"
    let both = try sandbox.search {
      $0.positives = [.file(red), .file(blue)]
      $0.top = 12
    }
    let without = try sandbox.search {
      $0.positives = [.file(red), .file(blue)]
      $0.negatives = [.file(blue)]
      $0.top = 12
    }
    func rank(_ result: SearchResult, _ prefix: String) -> Double {
      let ranks = sandbox.names(result).enumerated().filter { $0.element.hasPrefix(prefix) }.map { Double($0.offset) }
      return ranks.reduce(0, +) / Double(ranks.count)
    }
    #expect(rank(without, "blue") > rank(both, "blue"))
    #expect(rank(without, "red") < rank(without, "blue"))
  }

  @Test func aLabelGivesItsImagesThenTheirNeighbours() throws {
    let sandbox = try filled()
    let collection = try sandbox.collection()
    // One red picture is in the wrong folder.
    try sandbox.picture("green/stray.jpg", hue: 0, variant: 6)
    try sandbox.run()
    _ = try CollectionWriter(collection).removeLabel(
      "green", from: collection.imageIDs(paths: [sandbox.pictures + "/green/stray.jpg"]))
    let result = try sandbox.search {
      $0.label = "RED"
      $0.top = 6
    }
    #expect(result.label == "red")
    #expect(result.labelledCount == 4)
    #expect(result.hits.map(\.match) == [.labelled, .labelled, .labelled, .labelled, .similar, .similar])
    #expect(sandbox.names(result)[4] == "green/stray.jpg")

    let error = #expect(throws: KindredError.self) { try sandbox.search { $0.label = "gren" } }
    #expect(error?.code == .unknownLabel)
    #expect(error?.remedy?.contains("green") == true)
  }

  @Test func filters() throws {
    let sandbox = try filled()
    let red = sandbox.pictures + "/red/0.jpg"
    func names(_ change: (inout SearchFilter) -> Void) throws -> [String] {
      sandbox.names(
        try sandbox.search {
          $0.positives = [.file(red)]
          $0.top = 100
          change(&$0.filter)
        })
    }
    #expect(try names { _ in }.count == 12)
    #expect(try names { $0.label = "Blue" }.sorted() == (0..<4).map { "blue/\($0).jpg" })
    #expect(try names { $0.path = "green/*" }.sorted() == (0..<4).map { "green/\($0).jpg" })
    #expect(try names { $0.path = "[!rb]*/1.jpg" }.contains("green/1.jpg"))
    #expect(try names { $0.format = .png }.isEmpty)
    #expect(try names { $0.format = .jpeg }.count == 12)
    let today = String(Collection.timestamp().prefix(10))
    #expect(try names { $0.before = "2001-01-01T00:00:00" }.isEmpty)
    #expect(try names { $0.after = today + "T00:00:00" }.count == 12)
  }

  @Test func labelFiltersIgnoreCaseBeyondASCII() throws {
    let sandbox = try filled()
    let collection = try sandbox.collection()
    let ids = try collection.imageIDs(matching: SearchFilter())
    do {
      let writer = try CollectionWriter(collection)
      _ = try writer.addLabel("étoile", to: [ids[0]])
      _ = try writer.addLabel("E\u{301}TOILE", to: [ids[1]])
      _ = try writer.addLabel("étoiles", to: [ids[2]])
    }
    for text in ["Étoile", "étoile", "ÉTOILE", "e\u{301}toile"] {
      var filter = SearchFilter()
      filter.label = text
      #expect(try collection.imageIDs(matching: filter) == [ids[0], ids[1]], "\(text)")
    }
    var filter = SearchFilter()
    filter.label = "etoile"
    #expect(try collection.imageIDs(matching: filter).isEmpty)
  }

  @Test func leastScoresAndTop() throws {
    let sandbox = try filled()
    let red = sandbox.pictures + "/red/0.jpg"
    let all = try sandbox.search {
      $0.positives = [.file(red)]
      $0.top = 100
    }
    let cut = all.hits[5].score
    let some = try sandbox.search {
      $0.positives = [.file(red)]
      $0.minimumScore = cut
      $0.top = 100
    }
    #expect(some.hits.map(\.record.id) == all.hits.prefix(6).map(\.record.id))
    for top in [0, -1, 1_000_000] {
      #expect(throws: KindredError.self) {
        try sandbox.search {
          $0.positives = [.file(red)]
          $0.top = top
        }
      }
    }
  }

  @Test func anEmptyCollectionAnswersNothing() throws {
    let sandbox = try Sandbox()
    let result = try sandbox.search { $0.positives = [.bytes(Sandbox.jpeg(hue: 0), name: "query")] }
    #expect(result.hits.isEmpty)
  }

  @Test(arguments: [
    ("2024", "2024-01-01T00:00:00"), ("2024-05", "2024-05-01T00:00:00"), ("2024-05-31", "2024-05-31T00:00:00"),
    ("2024-05-31T07:08", "2024-05-31T07:08:00"), ("2024-05-31T07:08:09", "2024-05-31T07:08:09"),
    ("2024-02-29", "2024-02-29T00:00:00"), ("2000-02-29", "2000-02-29T00:00:00"), ("2023-12-31", "2023-12-31T00:00:00"),
  ]) func dates(_ text: String, _ expected: String) throws {
    #expect(try SearchFilter.date(text) == expected)
  }

  @Test(arguments: [
    "", "24", "2024-13", "2024-5", "2024-05-32", "yesterday", "2024T10:00", "2024-05-31T25:00", "2024-02-31",
    "2024-02-30",
    "2023-02-29", "1900-02-29", "2024-04-31", "2024-06-31T10:00", "2024-09-31", "2024-11-31", "2024-05-00",
  ])
  func badDates(_ text: String) {
    #expect(throws: KindredError.self) { try SearchFilter.date(text) }
  }

  @Test func pathsAreMatchedAsTheyAreSeen() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("red/a.jpg", hue: 0)
    try sandbox.picture("blue/b.jpg", hue: 2)
    try sandbox.run()
    func found(_ pattern: String, _ visibility: PathVisibility?) throws -> [String] {
      var filter = SearchFilter()
      filter.path = pattern
      filter.visibility = visibility
      return try sandbox.collection().images(limit: 10, filter: filter).map { ($0.path as NSString).lastPathComponent }
    }
    let below = PathVisibility(roots: try AllowedRoots([sandbox.pictures]), showsOthers: false)
    let outside = PathVisibility(roots: try AllowedRoots([sandbox.pictures + "/red"]), showsOthers: false)
    #expect(try found("\(sandbox.root)/*", nil).count == 2)
    #expect(try found("\(sandbox.root)/*", below).isEmpty)
    #expect(try found("pictures/blue/*", below) == ["b.jpg"])
    #expect(try found("blue/*", below) == ["b.jpg"])
    // Outside of the roots only the name is seen.
    #expect(try found("blue/*", outside).isEmpty)
    #expect(try found("/*", outside).isEmpty)
    #expect(try found("b.*", outside) == ["b.jpg"])
    #expect(try found("red/a.jpg", outside) == ["a.jpg"])
    var empty = SearchFilter()
    empty.visibility = below
    #expect(empty.isEmpty)
  }
}

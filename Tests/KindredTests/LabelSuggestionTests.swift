import Foundation
import GRDB
import Testing
import VectorIndex

@testable import Kindred

@Suite struct LabelSuggestionTests {
  /// Four centres of 30 images; a label for half of the images about the first three.
  private func halfLabelled(spread: Float = 0.3, source: Label.Source = .manual) throws -> LabelCollection {
    let made = try LabelCollection(counts: [30, 30, 30, 30], spread: spread, seed: 71)
    for centre in 0..<3 { try made.add("label \(centre)", to: made.images(centre).prefix(15), source: source) }
    return made
  }

  @Test func proposesWhatImagesAre() throws {
    let made = try halfLabelled()
    let found = try made.collection.labelSuggestions(minimumConfidence: 0.5, limit: 1_000)
    #expect(found.labels == ["label 0", "label 1", "label 2"])
    #expect(found.unlabelled == 75)
    #expect(found.total == found.suggestions.count)
    let right = found.suggestions.filter { made.centres[$0.image.id].map { "label \($0)" } == $0.label }
    #expect(Double(right.count) >= 0.95 * Double(found.suggestions.count))
    // 45 images are of the labels; those about the fourth centre are of none.
    #expect(right.count >= 40, "\(right.count) right")
    #expect(found.suggestions.map(\.confidence) == found.suggestions.map(\.confidence).sorted(by: >))
    #expect(found.suggestions.allSatisfy { (0.5...1).contains($0.confidence) })

    let some = try made.collection.labelSuggestions(labels: ["LABEL 1"], minimumConfidence: 0.5, limit: 3, offset: 2)
    let all = found.suggestions.filter { $0.label == "label 1" }
    #expect(some.suggestions == Array(all[2..<5]))
    #expect(some.total == all.count)
    #expect(throws: KindredError.self) { try made.collection.labelSuggestions(labels: ["nothing such"]) }
    #expect(throws: KindredError.self) { try made.collection.labelSuggestions(minimumConfidence: 1.5) }
    #expect(throws: KindredError.self) { try made.collection.labelSuggestions(limit: -1) }
  }

  @Test func acceptedAndRejectedOnesDoNotComeAgain() throws {
    let made = try halfLabelled()
    let first = try made.collection.labelSuggestions(minimumConfidence: 0.5, limit: 2).suggestions
    let (accepted, rejected) = (first[0], first[1])
    do {
      let writer = try CollectionWriter(made.collection)
      #expect(try writer.accept(accepted.label, for: [accepted.image.id]) == 1)
      #expect(try writer.reject(rejected.label, for: [rejected.image.id]) == 1)
      #expect(try writer.reject(rejected.label, for: [rejected.image.id]) == 0)
      #expect(throws: KindredError.self) { try writer.reject(rejected.label, for: [9_999]) }
    }
    #expect(
      try made.collection.record(id: accepted.image.id).labels == [Label(name: accepted.label, source: .manual)])
    let second = try made.collection.labelSuggestions(minimumConfidence: 0, limit: 1_000)
    #expect(second.unlabelled == 74)
    #expect(!second.suggestions.contains { $0.image.id == accepted.image.id || $0.image.id == rejected.image.id })
    // A search for the label does not offer it either.
    let hits = try made.sandbox.search {
      $0.label = rejected.label
      $0.top = 1_000
      $0.minimumScore = 0
    }.hits
    #expect(!hits.contains { $0.record.id == rejected.image.id })
    // A new name keeps what was rejected, and a person who gives the label after all is believed.
    do {
      let writer = try CollectionWriter(made.collection)
      _ = try writer.renameLabel(rejected.label, to: "renamed")
      let kept = try made.collection.read { try LabelRejections.all($0) }
      #expect(kept == [LabelRejections.Rejection(imageID: rejected.image.id, name: "renamed")])
      _ = try writer.addLabel("renamed", to: [rejected.image.id])
      let left = try made.collection.read { try LabelRejections.all($0) }
      #expect(left.isEmpty)
    }
  }

  @Test func foldersNamesAreForImagesWithoutAnyLabel() throws {
    let made = try LabelCollection(counts: [20, 20, 20], spread: 0.2, seed: 8)
    for centre in 0..<2 { try made.add("folder \(centre)", to: made.images(centre), source: .folder) }
    // Nothing but the third centre's images is open for folders' names, and they are of none.
    #expect(try made.collection.labelSuggestions().unlabelled == 20)
    // Labels that a person gave are proposed for images that lie in folders too.
    try made.add("mine", to: made.images(0).prefix(8))
    try made.add("other", to: made.images(2).prefix(8))
    let found = try made.collection.labelSuggestions(labels: ["mine", "other"], minimumConfidence: 0.5, limit: 100)
    #expect(found.unlabelled == 44)
    #expect(
      Set(found.suggestions.filter { $0.label == "mine" }.map(\.image.id)).isSubset(of: made.images(0).dropFirst(8)))
    #expect(found.suggestions.count { $0.label == "mine" } >= 8)
  }

  @Test func tooFewLabelsGiveNothing() throws {
    let made = try LabelCollection(counts: [5, 5], spread: 0.1, seed: 2)
    #expect(try made.collection.labelSuggestions().labels.isEmpty)
    try made.add("one", to: made.images(0).prefix(3))
    #expect(try made.collection.labelSuggestions().labels.isEmpty)
    try made.add("two", to: made.images(1).prefix(2))
    #expect(try made.collection.labelSuggestions().labels.isEmpty)
    try made.add("two", to: made.images(1).prefix(3))
    let found = try made.collection.labelSuggestions(minimumConfidence: 0, limit: 10)
    #expect(found.labels == ["one", "two"])
    #expect(found.unlabelled == 4)
    // Six examples make nothing certain.
    #expect(found.suggestions.allSatisfy { $0.confidence < 0.97 })
  }

  @Test func examplesAreBoundedAndOfEveryLabel() {
    let labelled = (0..<5_000).map { LabelledState.Example(row: $0, labels: [$0 < 4_900 ? 0 : 1 + $0 % 20]) }
    let task = LabelledState.Task(labels: (0...20).map { "\($0)" }, labelled: labelled, open: [])
    let examples = task.examples(limit: 1_000)
    #expect(examples.count <= 1_000 && examples.count > 950)
    #expect(examples.count { $0.labels != [0] } == 100)
    #expect(examples.map(\.row) == examples.map(\.row).sorted())
  }

  @Test func evidenceIsOfTheBestLabel() {
    let best = SuggestionEvidence.best(of: [0.1, 0.9, 0.4])
    #expect(best.label == 1)
    #expect(best.evidence.score == 0.9)
    #expect(abs(best.evidence.lead - 0.5) < 1e-6)
    // With one label, or with others below 0, the next one is 0.
    #expect(SuggestionEvidence.best(of: [0.3]).evidence == SuggestionEvidence(score: 0.3, lead: 0.3))
    #expect(SuggestionEvidence.best(of: [-0.5, 0.3]).evidence == SuggestionEvidence(score: 0.3, lead: 0.3))
    #expect(SuggestionEvidence.best(of: [-0.5, -0.3]).evidence == SuggestionEvidence(score: -0.3, lead: -0.3))
  }

  @Test func searchOffersWhatOthersAreNot() throws {
    // Two centres so near to each other that the mean of one is not enough to keep the other away.
    let made = try LabelCollection(counts: [40, 40], spread: 0.5, seed: 19)
    try made.add("a", to: made.images(0).prefix(20))
    func share() throws -> Double {
      let hits = try made.sandbox.search {
        $0.label = "a"
        $0.top = 30
        $0.minimumScore = 0
      }.hits.filter { $0.match == .similar }.prefix(10)
      return Double(hits.count { made.centres[$0.record.id] == 0 }) / 10
    }
    let alone = try share()
    try made.add("b", to: made.images(1).prefix(20))
    let told = try share()
    #expect(told >= alone && told >= 0.9, "\(alone) by the centroid, \(told) with examples of others")
  }

  @Test func olderCollectionsHaveNoRejectionsUntilTheyAreWritten() throws {
    let sandbox = try Sandbox()
    _ = try sandbox.collection()
    let path = sandbox.index + "/collection.sqlite"
    do {
      let queue = try DatabaseQueue(path: path)
      try queue.write { db in
        try db.execute(sql: "DROP TABLE rejection")
        try db.execute(sql: "PRAGMA user_version = 1")
      }
    }
    let old = try Collection(at: sandbox.index)
    let before = try old.read { try LabelRejections.all($0) }
    #expect(before.isEmpty)
    do { _ = try CollectionWriter(old) }
    let new = try Collection(at: sandbox.index)
    let (version, hasTable) = try new.read { db in
      (try Int.fetchOne(db, sql: "PRAGMA user_version"), try db.tableExists("rejection"))
    }
    #expect(version == 2)
    #expect(hasTable)
  }
}

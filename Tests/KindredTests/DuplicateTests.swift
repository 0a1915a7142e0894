import Foundation
import Testing

@testable import Kindred

@Suite struct DuplicateTests {
  private func names(_ group: DuplicateGroup) -> Set<String> {
    Set(group.members.map { ($0.record.path as NSString).lastPathComponent })
  }

  @Test func kindsAreApartAndTheLargestIsFirst() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a/small.jpg", hue: 0, side: 48)
    try sandbox.picture("b/same.jpg", hue: 0, side: 48)
    // The same pattern with a border cut off.
    try sandbox.picture("c/large.jpg", hue: 0, side: 49)
    try sandbox.picture("other.jpg", hue: 1)
    try sandbox.run()
    let finder = try DuplicateFinder(sandbox.collection())
    let groups = try finder.groups(threshold: 0.9995)
    #expect(groups.map(\.kind) == [.identical, .same])
    #expect(names(groups[0]) == ["small.jpg", "same.jpg"])
    #expect(groups[1].members.count == 2)
    #expect(groups[1].members.first?.record.path.hasSuffix("large.jpg") == true)
    #expect(groups[1].members.last?.fileCount == 2)
    #expect(try finder.groups(kinds: [.identical]).map(\.kind) == [.identical])
    #expect(try finder.groups(kinds: [.lookAlike], threshold: 0.9995).isEmpty)
    for threshold: Float in [0, -1, 1.5, .nan] {
      #expect(throws: KindredError.self) { try finder.groups(threshold: threshold) }
    }
  }

  @Test func picturesThatCanNotBeReadAreLookAlikesWithAReason() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("small.jpg", hue: 0, side: 48)
    try sandbox.picture("large.jpg", hue: 0, side: 49)
    try sandbox.run()
    let finder = try DuplicateFinder(sandbox.collection())
    #expect(try finder.groups(threshold: 0.9).map(\.kind) == [.same])
    try sandbox.write("large.jpg", "changed")
    let changed = try finder.groups(threshold: 0.9)
    #expect(changed.map(\.kind) == [.lookAlike])
    #expect(changed[0].members.map { $0.unchecked != nil } == [true, false])
    try sandbox.remove("small.jpg")
    #expect(try finder.groups(threshold: 0.9)[0].members.contains { $0.unchecked?.contains("gone") == true })
  }

  @Test func lookAlikesStandForTheirVersions() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("one.jpg", hue: 0, side: 48)
    try sandbox.picture("version.jpg", hue: 0, side: 49)
    try sandbox.picture("other.jpg", hue: 3, side: 48)
    try sandbox.run()
    // Everything looks alike at this threshold.
    let groups = try DuplicateFinder(sandbox.collection()).groups(threshold: 0.01)
    #expect(groups.map(\.kind) == [.same, .lookAlike])
    #expect(names(groups[0]) == ["one.jpg", "version.jpg"])
    #expect(names(groups[1]) == ["version.jpg", "other.jpg"])
    #expect(groups[1].members.map(\.versionCount) == [2, 1])
  }

  @Test func manyAlikeAreOneGroup() throws {
    let sandbox = try Sandbox()
    for number in 0..<70 { try sandbox.picture("\(number).jpg", hue: 2, variant: 0, side: 48 + number % 2) }
    for number in 0..<3 { try sandbox.picture("other/\(number).jpg", hue: 4, variant: number * 5) }
    try sandbox.run()
    let groups = try DuplicateFinder(sandbox.collection()).groups(threshold: 0.9995)
    #expect(groups.filter { $0.kind == .identical }.map(\.members.count) == [35, 35])
    #expect(groups.first { $0.kind == .same }?.members.map(\.fileCount) == [35, 35])
  }

  /// More versions than a picture has candidates are still one group, and no more pairs are looked at for it.
  @Test func candidatesAreBounded() throws {
    let sandbox = try Sandbox()
    for number in 0..<60 { try sandbox.picture("\(number).jpg", hue: 2, side: 48 + number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    let (moment, contents) = try collection.read { (try collection.moment($0), try DuplicateContents($0)) }
    let candidates = try DuplicateCandidates(collection, moment: moment, contents: contents)
    let pairs = try candidates.pairs(least: 0.01) { _ in }
    #expect(pairs.count <= 60 * DuplicateThresholds.neighbors)
    #expect(pairs.count < 60 * 59 / 2)
    #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(Set(pairs.map { [$0.first, $0.second] }).count == pairs.count)
    #expect(pairs.allSatisfy { $0.first < $0.second })
  }

  @Test func anEmptyCollectionHasNone() throws {
    #expect(try DuplicateFinder(Sandbox().collection()).groups(threshold: 0.9).isEmpty)
  }

  @Test func groupsGrowTogether() {
    var groups = DisjointGroups(count: 6)
    groups.join(0, 1, root: 1)
    groups.join(3, 4, root: 3)
    groups.join(groups.root(0), groups.root(4), root: 3)
    #expect(groups.root(0) == 3)
    #expect(groups.groups().map { $0.sorted() } == [[0, 1, 3, 4]])
  }
}

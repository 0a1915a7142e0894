import Foundation
import Testing

@testable import Kindred

@Suite struct DuplicateTests {
  @Test func alikePicturesAreGroupedLargestFirst() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a/small.jpg", hue: 0, side: 48)
    try sandbox.picture("b/same.jpg", hue: 0, side: 48)
    // The same pattern with a border cut off.
    try sandbox.picture("c/large.jpg", hue: 0, side: 49)
    try sandbox.picture("other.jpg", hue: 1)
    try sandbox.run()
    let finder = try DuplicateFinder(sandbox.collection())
    let exact = try finder.groups(threshold: 1)
    let sameBytes = exact.first.map { $0.members.filter(\.isSameBytes).map(\.record.path) } ?? []
    #expect(Set(sameBytes.map { ($0 as NSString).lastPathComponent }) == ["small.jpg", "same.jpg"])
    let groups = try finder.groups(threshold: 0.9995)
    #expect(groups.count == 1)
    #expect(groups.first?.members.count == 3)
    #expect(groups.first?.members.first?.record.path.hasSuffix("large.jpg") == true)
    for threshold: Float in [0, -1, 1.5, .nan] {
      #expect(throws: KindredError.self) { try finder.groups(threshold: threshold) }
    }
  }

  @Test func manyAlikeAreOneGroup() throws {
    let sandbox = try Sandbox()
    for number in 0..<70 { try sandbox.picture("\(number).jpg", hue: 2, variant: 0, side: 48 + number % 2) }
    for number in 0..<3 { try sandbox.picture("other/\(number).jpg", hue: 4, variant: number * 5) }
    try sandbox.run()
    let groups = try DuplicateFinder(sandbox.collection()).groups(threshold: 0.9995)
    #expect(groups.first?.members.count == 70)
  }

  @Test func anEmptyCollectionHasNone() throws {
    #expect(try DuplicateFinder(Sandbox().collection()).groups(threshold: 0.9).isEmpty)
  }
}

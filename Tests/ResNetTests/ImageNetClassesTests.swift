import Foundation
import Testing

@testable import ResNet

struct ImageNetClassesTests {
  @Test func thereAreAThousandInOrder() {
    let all = ImageNetClasses.all
    #expect(all.count == 1000)
    #expect(all.map(\.wordNetID) == Set(all.map(\.wordNetID)).sorted())
    #expect(
      all.allSatisfy { $0.wordNetID.count == 9 && $0.name.first?.isWhitespace == false && !$0.name.contains("_") })
    #expect(all[0] == ImageNetClasses.Class(wordNetID: "n01440764", name: "tench"))
    #expect(all[999] == ImageNetClasses.Class(wordNetID: "n15075141", name: "toilet tissue"))
  }

  @Test func classesAreFoundByNameAndID() {
    #expect(ImageNetClasses.indices(named: "dalmatian") == [251])
    #expect(ImageNetClasses.indices(named: "DALMATIAN") == [251])
    #expect(ImageNetClasses.indices(named: "crane") == [134, 517])
    #expect(ImageNetClasses.indices(named: "maillot") == [638, 639])
    #expect(ImageNetClasses.indices(named: "unicorn").isEmpty)
    #expect(ImageNetClasses.index(wordNetID: "n02110341") == 251)
    #expect(ImageNetClasses.index(wordNetID: "n00000000") == nil)
  }

  @Test func theyAgreeWithTheReference() throws {
    guard let path = SharedData.path("models/imagenet-classes.tsv") else { return }
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    try #require(rows.count == 1000)
    var sameNames = 0
    for (index, row) in rows.enumerated() {
      #expect(row[0] == String(index))
      #expect(row[1] == ImageNetClasses.all[index].wordNetID)
      if row[2] == ImageNetClasses.all[index].name { sameNames += 1 }
    }
    print("class names: \(sameNames) of 1000 as in the reference")
    #expect(sameNames >= 900)
  }
}

import Foundation
import ResNet
import Testing

@testable import Kindred

@Suite struct BroaderTermTests {
  private func classes(_ word: String) -> Set<String> {
    Set(BroaderTerms.terms(folded: Spelling.folded(word)).flatMap(\.classes).map { ImageNetClasses.all[$0].name })
  }

  @Test func closures() {
    // The challenge has 118 breeds under dog, and 26 musical instruments.
    #expect(BroaderTerms.terms(folded: "dog").first?.classes.count == 118)
    #expect(classes("dog").isSuperset(of: ["dalmatian", "toy poodle", "malamute"]))
    #expect(classes("dog").isDisjoint(with: ["timber wolf", "red fox", "tabby"]))
    #expect(classes("musical instrument").isSuperset(of: ["banjo", "acoustic guitar", "grand piano"]))
    #expect(BroaderTerms.terms(folded: "musical instrument").first?.classes.count == 26)
    #expect(classes("Felis catus").contains("Persian cat"))
    #expect(classes("Canis familiaris") == classes("dog"))
    #expect(classes("coach dog") == ["dalmatian"])
    // A word of several terms means all of them.
    #expect(classes("instrument").isSuperset(of: ["banjo", "magnetic compass"]))
    #expect(classes("vehicle").isSuperset(of: ["ambulance", "mountain bike"]))
  }

  @Test func everyClassIsUnderSomething() {
    let broader = BroaderTerms.all.filter { !$0.isClass }
    #expect(Set(broader.flatMap(\.classes)).isSuperset(of: 0..<1_000))
    #expect(broader.allSatisfy { !$0.classes.isEmpty && !$0.words.isEmpty && $0.classes == $0.classes.sorted() })
    // What holds nearly everything says nothing.
    for word in ["entity", "physical entity", "object"] { #expect(classes(word).count < 700) }
    let own = BroaderTerms.all.suffix(1_000)
    #expect(zip(own, ImageNetClasses.all).allSatisfy { $0.words[0] == $1.name && $0.isClass })
  }

  private func pets() throws -> LabelCollection {
    let names = [
      [Label(name: "dalmatian", source: .predicted, confidence: 0.9)],
      [
        Label(name: "toy poodle", source: .predicted, confidence: 0.5),
        Label(name: "miniature poodle", source: .predicted, confidence: 0.3),
      ], [Label(name: "banjo", source: .predicted, confidence: 0.8)], [],
    ]
    return try LabelCollection(counts: [4, 4, 4, 4], spread: 0.1, seed: 5) { names[$0] }
  }

  @Test func searchesTakeThem() throws {
    let pets = try pets()
    let result = try pets.sandbox.search {
      $0.label = "DOMESTIC dog"
      $0.minimumScore = 0
      $0.top = 100
    }
    #expect(result.label == "dog")
    #expect(result.labelledCount == 8)
    #expect(Set(result.hits.filter { $0.match == .labelled }.map(\.record.id)) == Set(pets.images(0) + pets.images(1)))
    #expect(try pets.sandbox.search { $0.label = "musical instrument" }.labelledCount == 4)
    // One image has two predicted labels below the term.
    let poodle = try #require(try pets.collection.read { try LabelMeaning("poodle", $0) })
    let carriers = try pets.collection.read { try LabelExamples(poodle, $0).carriers }
    #expect(carriers.count == 4)
    #expect(carriers.allSatisfy { abs($0.confidence - 0.8) < 1e-9 && $0.isPredicted })

    var filter = SearchFilter()
    filter.label = "Dog"
    #expect(try pets.collection.imageIDs(matching: filter) == (pets.images(0) + pets.images(1)).sorted())
    filter.label = "cat"
    #expect(try pets.collection.imageIDs(matching: filter).isEmpty)
    let error = #expect(throws: KindredError.self) { try pets.sandbox.search { $0.label = "musical instrumnt" } }
    #expect(error?.code == .unknownLabel)
    #expect(error?.remedy?.contains("musical instrument") == true)
  }

  @Test func whatAPersonSaidGoesFirst() throws {
    let pets = try pets()
    // A person's label of that name joins the classes below it; one that only shares a class's name does not.
    try pets.add("Dog", to: [pets.images(3)[0]])
    try pets.add("dalmatian", to: [pets.images(3)[1]])
    let result = try pets.sandbox.search {
      $0.label = "dog"
      $0.top = 100
      $0.minimumScore = 0
    }
    #expect(result.label == "Dog")
    #expect(result.labelledCount == 9)
    #expect(result.hits.first?.record.id == pets.images(3)[0])
    // Changes are to labels themselves, never to what lies below a term.
    #expect(throws: KindredError.self) {
      try CollectionWriter(pets.collection).removeLabel("musical instrument", from: nil)
    }
    #expect(try CollectionWriter(pets.collection).removeLabel("dog", from: nil) == 1)
    #expect(try pets.sandbox.search { $0.label = "dog" }.labelledCount == 8)
  }

  @Test func textsFindThem() throws {
    let collection = try pets().collection
    #expect(try collection.matchLabel("dog") == "dog")
    #expect(try collection.matchLabel("dogs") == "dog")
    #expect(try collection.matchLabel("a dog on a beach") == "dog")
    #expect(try collection.matchLabel("a dalmatian dog") == "dalmatian")
    #expect(try collection.matchLabel("string instrument") == "stringed instrument")
    #expect(try collection.matchLabel("submarine") == nil)
  }

  @Test func theyAreListedWhenAskedFor() throws {
    let pets = try pets()
    #expect(try pets.collection.labels().allSatisfy { $0.isBroader == nil })
    let broader = try pets.collection.broaderLabels()
    #expect(broader.contains(LabelCount(name: "dog", count: 8, given: 0, isBroader: true)))
    #expect(broader.first?.count == 8)
    #expect(try pets.collection.broaderLabels(prefix: "MUSICAL").map(\.name) == ["musical instrument"])
    #expect(try pets.collection.broaderLabels(limit: 2).count == 2)
    try pets.add("dog", to: [pets.images(3)[0]])
    #expect(try !pets.collection.broaderLabels().map(\.name).contains("dog"))
  }
}

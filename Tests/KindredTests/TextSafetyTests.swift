import Foundation
import Testing

@testable import Kindred

/// File names and labels come from anywhere; a combining mark makes another `Character` of the quote before it.
@Suite struct TextSafetyTests {
  static let mark = "\u{301}"

  @Test func aQuoteBeforeACombiningMarkIsEscapedInHTML() {
    let escaped = SearchPage.escaped("\"\(Self.mark) onerror='\(Self.mark)<\(Self.mark)>&\(Self.mark)")
    for scalar in "\"'<>".unicodeScalars { #expect(!escaped.unicodeScalars.contains(scalar)) }
    let expected = "&quot;\(Self.mark) onerror=&#39;\(Self.mark)&lt;\(Self.mark)&gt;&amp;\(Self.mark)"
    #expect(Array(escaped.unicodeScalars) == Array(expected.unicodeScalars))
  }

  @Test(arguments: [
    "a,\(mark)b", "a\"\(mark)b", "a\n\(mark)b", "a\r\nb", "a\rb", "a\nb", "\"", ",", "\u{FEFF},", "plain é", "", "a;b",
  ]) func aCSVFieldComesBackAsItWas(_ field: String) throws {
    for fields in [["first", field, "last"], ["first", field]] {
      let rows = try CSV.rows("header\n" + CSV.row(fields) + "\n" + CSV.row(["next"]) + "\n", name: "test")
      #expect(rows.count == 3)
      let back = rows[1].fields
      #expect(back.map { Array($0.unicodeScalars) } == fields.map { Array($0.unicodeScalars) })
    }
  }

  @Test func csvFieldsAreQuotedOnlyWhereTheyMustBe() {
    #expect(CSV.row(["a,\(Self.mark)b"]) == "\"a,\(Self.mark)b\"")
    #expect(CSV.row(["a\r\nb"]) == "\"a\r\nb\"")
    #expect(CSV.row(["\"\(Self.mark)"]) == "\"\"\"\(Self.mark)\"")
    #expect(CSV.row(["a b", "c'd", "é"]) == "a b,c'd,é")
  }

  @Test(arguments: [
    (0.0, 0), (0.124, 12), (0.995, 100), (1, 100), (1e300, 100), (-1e300, 0), (.infinity, 100), (-.infinity, 0),
    (.nan, 0),
  ]) func aConfidenceIsShownWhateverItIs(_ confidence: Double, _ percentage: Int) {
    #expect(Label(name: "x", source: .predicted, confidence: confidence).percentage == percentage)
  }
}

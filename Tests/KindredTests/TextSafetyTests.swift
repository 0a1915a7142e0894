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

  @Test func labelsLoseControlCharacters() {
    #expect(LabelReader.cleaned("be\u{0}ach\u{1B}[2J\u{7}") == "beach[2J")
    #expect(LabelReader.cleaned("\u{9B}31mred") == "31mred")
    #expect(LabelReader.cleaned("two\twords") == "two words")
    #expect(LabelReader.cleaned("\u{1}\u{0} \n") == nil)
    #expect(LabelReader.cleaned(" \u{1}\u{0} x \u{2} ") == "x")
    #expect(LabelReader.cleaned("Étoile 👩‍🚀") == "Étoile 👩‍🚀")
  }

  @Test func whatReachesATerminalIsHarmless() {
    let mark = "\u{FFFD}"
    #expect(PrintableText.printable("a\u{1B}[2Jb\u{0}\u{7F}\u{9B}") == "a\(mark)[2Jb\(mark)\(mark)\(mark)")
    for value in [UInt32](0x202A...0x202E) + [UInt32](0x2066...0x2069) + [0x2028, 0x2029, 0x0A, 0x0D, 0x09] {
      guard let scalar = Unicode.Scalar(value) else { continue }
      #expect(PrintableText.printable("x\(Character(scalar))y") == "x\(mark)y", "\(value)")
    }
    #expect(PrintableText.printable("one\ntwo\r", keepsLines: true) == "one\ntwo\(mark)")
    for text in ["", "plain", "Étoile 👩‍🚀 日本 עברית", "e\u{301}"] {
      #expect(Array(PrintableText.printable(text).unicodeScalars) == Array(text.unicodeScalars))
    }
    let error = KindredError(.unreadableFile, place: "a\nb\u{1B}", reason: "bad\u{202E}", remedy: "Do\u{7} this.")
    #expect(error.printable.description == "a\(mark)b\(mark): bad\(mark)\nDo\(mark) this.")
  }

  @Test(arguments: [
    (0.0, 0), (0.124, 12), (0.995, 100), (1, 100), (1e300, 100), (-1e300, 0), (.infinity, 100), (-.infinity, 0),
    (.nan, 0),
  ]) func aConfidenceIsShownWhateverItIs(_ confidence: Double, _ percentage: Int) {
    #expect(Label(name: "x", source: .predicted, confidence: confidence).percentage == percentage)
  }
}

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
}

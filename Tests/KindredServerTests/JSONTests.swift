import Testing

@testable import KindredServer

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONParser.value(of: Array(text.utf8)) }

  @Test func readsAndWritesWhatItRead() throws {
    let text =
      #"{"a":[1,-2,3.5,true,false,null],"b":{"c":"d\n\"\\é😀"},"e":[],"f":{},"g":9223372036854775807,"h":1e-05}"#
    #expect(try parse(text).text == text)
  }

  @Test func undoesEscapes() throws {
    guard case .string(let text) = try parse(#""\u0041\ud83d\ude00\/\b\f\t""#) else {
      Issue.record("not a text")
      return
    }
    #expect(text == "A😀/\u{8}\u{c}\t")
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", #"{"a":1,}"#, #"{"a":1,"a":2}"#, "01", "1.", ".5", "+1", "NaN", "Infinity", "1e999", "-",
    "tru",
    #""\x""#, #""\ud83d""#, #""\ude00""#, "\"\u{1}\"", "\"open", "1 2", "{a:1}", "'a'", "[1 2]", "1e", "nul",
  ])
  func refuses(_ text: String) { #expect(throws: JSONParser.Fault.self) { try parse(text) } }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: JSONParser.Fault.self) { try JSONParser.value(of: [0x22, 0xFF, 0x22]) }
    #expect(throws: JSONParser.Fault.self) { try JSONParser.value(of: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
  }

  @Test func boundsDepth() throws {
    _ = try parse(String(repeating: "[", count: 30) + String(repeating: "]", count: 30))
    #expect(throws: JSONParser.Fault.self) {
      try parse(String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
    }
  }

  @Test func boundsValues() throws {
    func parse(_ text: String) throws -> JSONValue {
      try JSONParser.value(of: Array(text.utf8), bounds: .init(values: 10, numbers: 100))
    }
    let hundred = "[" + (0..<100).map(String.init).joined(separator: ",") + "]"
    #expect(try parse(hundred).text == hundred)
    for text in [
      "[" + Array(repeating: "[]", count: 10).joined(separator: ",") + "]",
      "[" + Array(repeating: "[1]", count: 10).joined(separator: ",") + "]",
      "[" + Array(repeating: "1", count: 101).joined(separator: ",") + "]",
    ] {
      let fault = #expect(throws: JSONParser.Fault.self) { try parse(text) }
      #expect(fault?.isTooMuch == true)
    }
    let problem = #expect(throws: ServerProblem.self) {
      try RequestContent.parse(Array(("[" + String(repeating: "[],", count: 300_000) + "0]").utf8))
    }
    #expect(problem?.status == 413)
  }

  @Test(arguments: [63, 64, 65, 1000]) func longListsOfNumbersAreThemselves(_ count: Int) throws {
    let whole = (0..<count).map { $0 * 3 - 5 }
    let numbers = "[" + whole.map(String.init).joined(separator: ",") + "]"
    #expect(try parse(numbers).text == numbers)
    #expect(try parse(numbers).listLength == count)
    let points = "[" + whole.map { "\(Double($0) + 0.25)" }.joined(separator: ",") + "]"
    #expect(try parse(points).text == points)
    let large = "[" + whole.map(String.init).joined(separator: ",") + ",9007199254740993]"
    #expect(try parse(large).text == large)
    let mixed = "[" + whole.map(String.init).joined(separator: ",") + #",{"a":[null]},"b",1]"#
    #expect(try parse(mixed).text == mixed)
    let fields = try JSONFields(parse(#"{"v":\#(points),"i":\#(numbers)}"#), known: ["v", "i"])
    #expect(try fields.vector("v", 1...1000) == whole.map { Float($0) + 0.25 })
    #expect(throws: ServerProblem.self) { try fields.vector("v", 1...10) }
    #expect(try fields.array("i", 1...1000)?.count == count)
  }

  @Test func fieldsAreStrict() throws {
    let fields = try JSONFields(
      parse(#"{"t":"é","i":2.0,"h":2.5,"n":1e30,"b":true,"v":[1,2.5],"w":[1e300],"x":null}"#),
      known: ["t", "i", "h", "n", "b", "v", "w", "x", "absent"])
    #expect(try fields.string("t", 1...1) == "é")
    #expect(throws: ServerProblem.self) { try fields.string("t", 2...5) }
    #expect(try fields.int("i", 0...5) == 2)
    #expect(throws: ServerProblem.self) { try fields.int("i", 3...5) }
    #expect(throws: ServerProblem.self) { try fields.int("h", 0...5) }
    #expect(throws: ServerProblem.self) { try fields.int("n", 0...5) }
    #expect(throws: ServerProblem.self) { try fields.int("b", 0...5) }
    #expect(throws: ServerProblem.self) { try fields.number("b", 0...1) }
    #expect(try fields.bool("b") == true)
    #expect(throws: ServerProblem.self) { try fields.bool("i") }
    #expect(try fields.vector("v", 1...2) == [1, 2.5])
    #expect(throws: ServerProblem.self) { try fields.vector("v", 1...1) }
    #expect(try fields.vector("w", 1...1) == [.infinity])
    #expect(throws: ServerProblem.self) { try fields.string("x", 0...5) }
    #expect(try fields.string("absent", 1...1) == nil)
  }

  @Test func unknownFieldsAreNamed() throws {
    let problem = #expect(throws: ServerProblem.self) { try JSONFields(parse(#"{"topp":1}"#), known: ["top"]) }
    #expect(problem?.detail?.contains("`topp`") == true)
    #expect(throws: ServerProblem.self) { try JSONFields(parse("[]"), known: []) }
  }
}

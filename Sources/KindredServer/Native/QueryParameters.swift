import Hummingbird

/// Reads a query's parameters strictly; unknown ones are left alone.
public struct QueryParameters: Sendable {
  private var values: [String: [String]] = [:]

  /// - Throws: 400 for a query that is not well-formed.
  public init(_ request: Request) throws(ServerProblem) {
    for part in (request.uri.query ?? "").split(separator: "&") {
      let fields = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decoded(fields[0], plusIsSpace: true),
        let value = PercentEncoding.decoded(fields.count == 2 ? fields[1] : "", plusIsSpace: true)
      else { throw .invalid("The query is not well-formed UTF-8.") }
      values[name, default: []].append(value)
    }
  }

  /// Every value of a parameter that may come more than once.
  public func texts(_ name: String, _ length: ClosedRange<Int>, atMost count: Int) throws(ServerProblem) -> [String] {
    let all = values[name] ?? []
    guard all.count <= count else { throw .invalid("`\(name)` may be given \(count) times at most.") }
    for text in all { try JSONFields.check(text, length, name: name) }
    return all
  }

  private func single(_ name: String) throws(ServerProblem) -> String? {
    let all = values[name] ?? []
    guard all.count <= 1 else { throw .invalid("`\(name)` is there more than once.") }
    return all.first
  }

  /// A text of so many characters (code points).
  public func text(_ name: String, _ length: ClosedRange<Int>) throws(ServerProblem) -> String? {
    guard let text = try single(name) else { return nil }
    try JSONFields.check(text, length, name: name)
    return text
  }

  public func int(_ name: String, _ range: ClosedRange<Int>) throws(ServerProblem) -> Int? {
    guard let text = try single(name) else { return nil }
    guard let number = Self.wholeNumber(text), range.contains(number) else {
      throw .invalid("`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// A number in digits alone.
  static func wholeNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }

  public func number(_ name: String, _ range: ClosedRange<Double>) throws(ServerProblem) -> Double? {
    guard let text = try single(name) else { return nil }
    // Numbers are written as in JSON, which has no infinity and no NaN.
    guard let value = try? JSONParser.value(of: Array(text.utf8)), let number = JSONFields.number(value),
      range.contains(number)
    else { throw .invalid("`\(name)` must be a number from \(range.lowerBound) to \(range.upperBound).") }
    return number
  }

  public func bool(_ name: String) throws(ServerProblem) -> Bool? {
    switch try single(name) {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw .invalid("`\(name)` must be true or false.")
    }
  }

  public func choice(_ name: String, _ choices: [String]) throws(ServerProblem) -> String? {
    guard let text = try single(name) else { return nil }
    guard choices.contains(text) else {
      throw .invalid("`\(name)` must be one of \(choices.joined(separator: ", ")).")
    }
    return text
  }
}

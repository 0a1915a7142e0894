/// The values of a list while it is read. Many numbers and nothing else, as vectors are, are packed.
struct JSONList {
  private static let packedFrom = 64
  /// Whole numbers up to here are the same in double precision.
  private static let exact: Int64 = 1 << 53

  private var values: [JSONValue] = []
  private var numbers: [Double] = []
  private var areWhole = true

  /// The list.
  var value: JSONValue { numbers.isEmpty ? .array(values) : .numbers(numbers, areWhole: areWhole) }

  mutating func append(_ value: JSONValue) {
    guard !numbers.isEmpty else {
      values.append(value)
      if values.count == Self.packedFrom { pack() }
      return
    }
    if let number = Self.number(value) {
      numbers.append(number)
      if case .double = value { areWhole = false }
    } else {
      // Numbers that stand beside something else, or that a double can't hold.
      values = numbers.map { areWhole ? .int(Int64($0)) : .double($0) }
      values.append(value)
      numbers = []
    }
  }

  private mutating func pack() {
    let packed = values.compactMap(Self.number)
    guard packed.count == values.count else { return }
    areWhole = !values.contains { if case .double = $0 { true } else { false } }
    numbers = packed
    values = []
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .int(let number) where (-exact...exact).contains(number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}

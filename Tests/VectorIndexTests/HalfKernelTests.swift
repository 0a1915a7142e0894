import CHNSW
import Testing

@Suite struct HalfKernelTests {
  private static func halves(_ values: [Float], portable: Bool = false) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: values.count) { buffer, count in
      if portable {
        kindred_half_from_float_portable(values, buffer.baseAddress, values.count)
      } else {
        kindred_half_from_float(values, buffer.baseAddress, values.count)
      }
      count = values.count
    }
  }

  private static func floats(_ values: [UInt16], portable: Bool = false) -> [Float] {
    [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
      if portable {
        kindred_float_from_half_portable(values, buffer.baseAddress, values.count)
      } else {
        kindred_float_from_half(values, buffer.baseAddress, values.count)
      }
      count = values.count
    }
  }

  /// The value by its definition.
  private static func value(_ half: UInt16) -> Double {
    let exponent = Int(half >> 10) & 31
    let fraction = Double(half & 0x3FF)
    let sign: Double = half & 0x8000 == 0 ? 1 : -1
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    var power = 1.0
    for _ in 0..<abs(exponent - 15) { power *= exponent > 15 ? 2 : 0.5 }
    return sign * (1 + fraction / 1024) * power
  }

  @Test func everyHalfHasItsValue() {
    let all = (0...UInt16.max).map { $0 }
    let fast = Self.floats(all)
    let plain = Self.floats(all, portable: true)
    var wrong = 0
    for half in all {
      let index = Int(half)
      let expected = Self.value(half)
      let right = expected.isNaN ? fast[index].isNaN : Double(fast[index]) == expected
      let sameSign = (fast[index].sign == .minus) == (half & 0x8000 != 0)
      if !right || !sameSign || fast[index].bitPattern != plain[index].bitPattern { wrong += 1 }
    }
    #expect(wrong == 0)
    // And back, but for numbers that are none: those come back quiet.
    let back = Self.halves(fast)
    #expect(back == Self.halves(plain, portable: true))
    #expect(
      zip(all, back).allSatisfy { half, back in half == back || (half | 0x200 == back && half & 0x7C00 == 0x7C00) })
  }

  @Test func roundsToTheNearestEven() {
    // Each half between its neighbours: just below, at and just above the middles.
    var values: [Float] = []
    var expected: [UInt16] = []
    for half in UInt16(0)..<0x7BFF {
      let middle = Float((Self.value(half) + Self.value(half + 1)) / 2)
      values += [middle.nextDown, middle, middle.nextUp]
      expected += [half, half % 2 == 0 ? half : half + 1, half + 1]
    }
    values += [65504, Float(65520).nextDown, 65520, 1e30, .greatestFiniteMagnitude, .infinity]
    expected += [0x7BFF, 0x7BFF, 0x7C00, 0x7C00, 0x7C00, 0x7C00]
    values += [0, .leastNonzeroMagnitude, 0x1p-25, Float(0x1p-25).nextUp]
    expected += [0, 0, 0, 1]
    for portable in [false, true] {
      #expect(Self.halves(values, portable: portable) == expected)
      #expect(Self.halves(values.map { -$0 }, portable: portable) == expected.map { $0 | 0x8000 })
    }
  }

  @Test func bothConversionsAgreeOnAnyFloat() {
    let seed = UInt64.random(in: 0...(.max))
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let values = (0..<100_003).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
    #expect(Self.halves(values) == Self.halves(values, portable: true))
  }

  @Test func everyKernelIsRight() {
    let seed = UInt64.random(in: 0...(.max))
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let row = Self.halves((0..<2600).map { _ in Float(generator.next() % 2001) / 1000 - 1 })
    let values = Self.floats(row)
    let a = (0..<2600).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
    let b = (0..<2600).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
    var checked: [String] = []
    for kernel in 0..<kindred_half_kernel_count() where kindred_half_kernel_available(kernel) {
      checked.append(String(cString: kindred_half_kernel_name(kernel)))
      for length in Array(0...300) + [511, 512, 513, 1024, 2047, 2048] {
        for offset in [0, 1, 3] {
          var expected = (0.0, 0.0)
          for i in offset..<offset + length {
            expected.0 += Double(values[i]) * Double(a[i])
            expected.1 += Double(values[i]) * Double(b[i])
          }
          var pair = 0.0
          for i in 0..<length { pair += Double(values[offset + i]) * Double(values[i]) }
          var together = Float.nan
          var (withA, withB, alone) = (Float.nan, Float.nan, Float.nan)
          row.withUnsafeBufferPointer { row in
            a.withUnsafeBufferPointer { a in
              b.withUnsafeBufferPointer { b in
                guard let row = row.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
                kindred_half_dot2_by(kernel, row + offset, a + offset, b + offset, length, &withA, &withB)
                kindred_half_dot2_by(kernel, row + offset, a + offset, nil, length, &alone, nil)
                together = kindred_half_dot_by(kernel, row + offset, row, length)
              }
            }
          }
          let allowed = 1e-6 * Double(max(1, length))
          #expect(abs(Double(withA) - expected.0) <= allowed, "\(checked.last ?? "") of \(length) at \(offset)")
          #expect(abs(Double(withB) - expected.1) <= allowed, "\(checked.last ?? "") of \(length) at \(offset)")
          #expect(alone == withA)
          #expect(abs(Double(together) - pair) <= allowed, "\(checked.last ?? "") of \(length) at \(offset)")
        }
      }
    }
    print("half kernels: \(checked)")
    #expect(checked.first == "plain")
    #expect(checked.last == String(cString: kindred_half_kernel_name(kindred_half_kernel_chosen())))
  }

  /// Products of many rows are those of each.
  @Test func manyRowsAreRight() {
    var generator = SeededGenerator(seed: 8)
    let (length, stride, rows) = (70, 160, 9)
    let numbers = Self.halves((0..<rows * stride / 2).map { _ in Float(generator.next() % 2001) / 1000 - 1 })
    let a = (0..<length).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
    let b = a.map { $0 * $0 }
    for places in [[8, 0, 3, 3, 7, 1, 5], Array(0..<UInt32(rows)), []] {
      var (withA, withB) = ([Float](repeating: 77, count: 10), [Float](repeating: 77, count: 10))
      kindred_half_dots2(numbers, stride, places, places.count, a, b, length, &withA, &withB)
      for (index, place) in places.enumerated() {
        var (one, two) = (Float.nan, Float.nan)
        numbers.withUnsafeBufferPointer {
          kindred_half_dot2($0.baseAddress! + Int(place) * stride / 2, a, b, length, &one, &two)
        }
        #expect(withA[index] == one && withB[index] == two)
      }
      #expect(withA[places.count] == 77 && withB[places.count] == 77)
      guard places.count == rows else { continue }
      // Rows that follow one another may be summed up in another order, but alike with one vector and with two.
      var (inTurnA, inTurnB) = ([Float](repeating: 77, count: 10), [Float](repeating: 77, count: 10))
      kindred_half_dots2(numbers, stride, nil, rows, a, b, length, &inTurnA, &inTurnB)
      for (found, expected) in [(inTurnA, withA), (inTurnB, withB)] {
        for (left, right) in zip(found, expected) { #expect(abs(left - right) <= 1e-5) }
      }
      var alone = [Float](repeating: 77, count: 10)
      kindred_half_dots2(numbers, stride, nil, rows, a, nil, length, &alone, nil)
      #expect(alone == inTurnA)
    }
  }

  /// A masked or rounded-up load must not touch what is around the vector, and subnormal numbers count.
  @Test func kernelsStayWithinTheVector() {
    let tiny: UInt16 = 3
    for kernel in 0..<kindred_half_kernel_count() where kindred_half_kernel_available(kernel) {
      for length in 1...70 {
        let row = [UInt16(0x7E00)] + [UInt16](repeating: tiny, count: length) + [UInt16](repeating: 0x7E00, count: 64)
        let vector = [Float.nan] + [Float](repeating: 0x1p24, count: length) + [Float](repeating: .nan, count: 64)
        var (first, second, square) = (Float.nan, Float.nan, Float.nan)
        row.withUnsafeBufferPointer { row in
          vector.withUnsafeBufferPointer { vector in
            guard let row = row.baseAddress, let vector = vector.baseAddress else { return }
            kindred_half_dot2_by(kernel, row + 1, vector + 1, vector + 1, length, &first, &second)
            square = kindred_half_dot_by(kernel, row + 1, row + 1, length)
          }
        }
        #expect(first == Float(3 * length) && second == first && square == 9 * 0x1p-48 * Float(length))
      }
    }
    #expect(String(cString: kindred_half_kernel_name(99)) == "" && !kindred_half_kernel_available(99))
  }
}

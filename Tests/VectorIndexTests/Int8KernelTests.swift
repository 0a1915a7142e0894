import CHNSW
import Testing

@Suite struct Int8KernelTests {
  private static var available: [Int] {
    (0..<kindred_int8_kernel_count()).filter { kindred_int8_kernel_available($0) }
  }

  private static func dot(_ kernel: Int, _ a: [Int8], _ b: [Int8], offset: Int, length: Int) -> Int {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return Int(kindred_int8_dot_by(kernel, a + offset, b + offset, length))
      }
    }
  }

  @Test func everyKernelIsExact() {
    let seed = UInt64.random(in: 0...(.max))
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let a = (0..<2600).map { _ in Int8(truncatingIfNeeded: generator.next()) }
    let b = (0..<2600).map { _ in Int8(truncatingIfNeeded: generator.next()) }
    for length in Array(0...300) + [511, 512, 513, 1024, 2047, 2048] {
      for offset in [0, 1, 3] {
        let expected = (offset..<offset + length).reduce(0) { $0 + Int(a[$1]) * Int(b[$1]) }
        for kernel in Self.available {
          #expect(Self.dot(kernel, a, b, offset: offset, length: length) == expected, "kernel \(kernel) of \(length)")
        }
      }
    }
    let names = Self.available.map { String(cString: kindred_int8_kernel_name($0)) }
    print("int8 kernels: \(names)")
    #expect(names.first == "plain")
    #expect(names.last == String(cString: kindred_int8_kernel_name(kindred_int8_kernel_chosen())))
    #expect(String(cString: kindred_int8_kernel_name(99)) == "" && !kindred_int8_kernel_available(99))
  }

  /// The greatest sums of the longest vectors that there are fit, and what is around a vector is not read.
  @Test func extremesAreExact() {
    for (left, right) in [(127, 127), (-127, 127), (-127, -127), (127, -128), (-128, -128), (-128, 127), (0, -128)] {
      for length in [1, 15, 16, 31, 33, 63, 64, 65, 127, 128, 4095, 65_535, 65_536] {
        let a = [99] + [Int8](repeating: Int8(left), count: length) + [Int8](repeating: 99, count: 64)
        let b = [99] + [Int8](repeating: Int8(right), count: length) + [Int8](repeating: 99, count: 64)
        for kernel in Self.available {
          #expect(Self.dot(kernel, a, b, offset: 1, length: length) == left * right * length)
        }
      }
    }
  }

  /// Products with many vectors are those with each, at any place and whatever is around them.
  @Test func manyAtOnceAreExact() {
    let seed = UInt64.random(in: 0...(.max))
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    func code() -> Int8 { max(-127, Int8(truncatingIfNeeded: generator.next())) }
    for length in [1, 7, 31, 32, 33, 56, 63, 64, 65, 95, 96, 97, 120, 127, 128, 129, 200, 512] {
      for rows in [0, 1, 3, 4, 5, 32] {
        let stride = length + length % 5 * 4
        let vector = (0..<length).map { _ in Bool.random(using: &generator) ? code() : 127 }
        let others = (0..<max(1, rows) * stride).map { _ in Bool.random(using: &generator) ? code() : -127 }
        let places = (0..<UInt32(rows)).shuffled(using: &generator)
        for kernel in Self.available {
          var dots = [Int32](repeating: 77, count: rows + 1)
          kindred_int8_dots_by(kernel, vector, length, others, stride, places, rows, &dots)
          let expected = places.map { place in
            (0..<length).reduce(Int32(0)) { $0 + Int32(vector[$1]) * Int32(others[Int(place) * stride + $1]) }
          }
          #expect(dots == expected + [77], "kernel \(kernel), \(rows) of \(length)")
        }
      }
    }
  }
}

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
}

import CHNSW
import Testing

@Suite struct KernelTests {
  @Test func everyKernelIsRight() {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<5000).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
    var checked: [String] = []
    for kernel in 0..<kindred_dot_kernel_count() where kindred_dot_kernel_available(kernel) {
      checked.append(String(cString: kindred_dot_kernel_name(kernel)))
      for length in Array(0...140) + [511, 512, 513, 1024, 2047, 2048] {
        for offset in [0, 1, 3] {
          var expected = 0.0
          for i in 0..<length { expected += Double(values[offset + i]) * Double(values[2500 + i]) }
          let found = values.withUnsafeBufferPointer {
            kindred_dot(kernel, $0.baseAddress! + offset, $0.baseAddress! + 2500, length)
          }
          // A sum of n products of numbers up to 1 in single precision.
          let allowed = 1e-6 * Double(max(1, length))
          #expect(abs(Double(found) - expected) <= allowed, "\(checked.last ?? "") of \(length) at \(offset)")
        }
      }
    }
    print("kernels: \(checked), chosen: \(String(cString: kindred_dot_kernel_name(kindred_dot_kernel_chosen())))")
    #expect(checked.first == "plain")
    #expect(checked.last == String(cString: kindred_dot_kernel_name(kindred_dot_kernel_chosen())))
  }

  /// A masked or rounded-up load must not touch what is behind the vector.
  @Test func kernelsStayWithinTheVector() {
    for kernel in 0..<kindred_dot_kernel_count() where kindred_dot_kernel_available(kernel) {
      for length in 1...70 {
        // NaN around the vectors would spoil a sum that reads too far.
        let values = [Float.nan] + [Float](repeating: 1, count: length) + [Float](repeating: .nan, count: 64)
        let sum = values.withUnsafeBufferPointer {
          kindred_dot(kernel, $0.baseAddress! + 1, $0.baseAddress! + 1, length)
        }
        #expect(sum == Float(length))
      }
    }
  }

  /// Products with the rows of a matrix are those with each, and nothing around the matrix is read.
  @Test func matricesAreRight() {
    var generator = SeededGenerator(seed: 6)
    for (rows, columns) in [(0, 5), (1, 1), (3, 7), (4, 8), (5, 9), (9, 31), (120, 512), (7, 1003)] {
      let matrix = (0..<rows * columns).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
      let vector = (0..<columns).map { _ in Float(generator.next() % 2001) / 1000 - 1 }
      let around = [Float](repeating: .nan, count: 16)
      for kernel in 0..<kindred_dot_kernel_count() where kindred_dot_kernel_available(kernel) {
        var dots = [Float](repeating: 77, count: rows + 1)
        (around + matrix + around).withUnsafeBufferPointer { matrix in
          (around + vector + around).withUnsafeBufferPointer { vector in
            kindred_dots_by(kernel, matrix.baseAddress! + 16, rows, columns, vector.baseAddress! + 16, &dots)
          }
        }
        for row in 0..<rows {
          let expected = (0..<columns).reduce(0.0) { $0 + Double(matrix[row * columns + $1]) * Double(vector[$1]) }
          #expect(abs(Double(dots[row]) - expected) <= 1e-6 * Double(columns), "kernel \(kernel), row \(row)")
        }
        #expect(dots[rows] == 77)
      }
    }
  }

  @Test func namesAreSafe() {
    #expect(String(cString: kindred_dot_kernel_name(99)) == "" && !kindred_dot_kernel_available(99))
  }
}

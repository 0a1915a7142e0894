/// Numbers for checks: the same every time, between -1 and 1, with no pattern that an error could hide in.
struct CheckData {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31)
  }

  mutating func floats(_ count: Int) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    for index in numbers.indices { numbers[index] = next() }
    return numbers
  }
}

/// A matrix product to check.
struct ProductCase {
  var rows, columns, inner: Int
  var transposesA = false
  var transposesB = false

  var name: String {
    "sgemm \(rows)×\(inner)\(transposesA ? "ᵀ" : "") · \(inner)×\(columns)\(transposesB ? "ᵀ" : "")"
  }

  typealias Multiply = @Sendable (ProductCase, [Float], [Float], inout [Float]) -> Void

  /// OpenBLAS's product.
  static let sgemm: Multiply = { check, a, b, output in
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        output.withUnsafeMutableBufferPointer { output in
          guard let a = a.baseAddress, let b = b.baseAddress, let output = output.baseAddress else { return }
          MatrixMultiplication.run(
            MatrixView(
              values: a, rowStride: check.transposesA ? check.rows : check.inner, isTransposed: check.transposesA),
            MatrixView(
              values: b, rowStride: check.transposesB ? check.inner : check.columns,
              isTransposed: check.transposesB),
            rows: check.rows, columns: check.columns, inner: check.inner, into: output,
            outputRowStride: check.columns)
        }
      }
    }
  }

  /// The largest error next to the largest possible result, of every `step`-th number of the product.
  func largestRelativeError(step: Int, multiply: Multiply = sgemm) -> Float {
    var data = CheckData(seed: UInt64(rows &* 31 &+ columns &* 7 &+ inner))
    let a = data.floats(rows * inner)
    let b = data.floats(inner * columns)
    // What was there before must not matter.
    var output = [Float](repeating: .nan, count: rows * columns)
    multiply(self, a, b, &output)
    var largest = 0.0
    for index in Swift.stride(from: 0, to: output.count, by: step) {
      let (row, column) = (index / columns, index % columns)
      var sum = 0.0
      var magnitude = 0.0
      for k in 0..<inner {
        let left = a[transposesA ? k * rows + row : row * inner + k]
        let right = b[transposesB ? column * inner + k : k * columns + column]
        sum += Double(left) * Double(right)
        magnitude += abs(Double(left) * Double(right))
      }
      let error = abs(Double(output[index]) - sum) / max(magnitude, 1e-20)
      // A comparison that is false for NaN too.
      if !(error <= largest) { largest = error.isNaN ? .infinity : error }
    }
    return Float(largest)
  }
}

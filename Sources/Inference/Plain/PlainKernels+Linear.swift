extension PlainKernels {
  /// Weights times each row of the input, for a few rows: nothing is packed, and no other thread woken.
  /// - Parameter input: `[N, inputs]`.
  static func linear(_ input: PlainView, _ linear: Linear, into output: UnsafeMutablePointer<Float>) {
    let (outputs, inner) = (linear.weights.shape[0], linear.weights.shape[1])
    linear.weights.values.withUnsafeBufferPointer { weights in
      guard let base = weights.baseAddress else { return }
      for row in 0..<input.shape[0] {
        for index in 0..<outputs {
          output[row * outputs + index] =
            dot(input.values + row * inner, base + index * inner, inner) + (linear.bias?[index] ?? 0)
        }
      }
    }
  }

  private static func dot(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int) -> Float {
    var sums = SIMD16<Float>()
    var index = 0
    while index + 16 <= count {
      let a = UnsafeRawPointer(left + index).loadUnaligned(as: SIMD16<Float>.self)
      let b = UnsafeRawPointer(right + index).loadUnaligned(as: SIMD16<Float>.self)
      sums += a * b
      index += 16
    }
    var sum = sums.sum()
    while index < count {
      sum += left[index] * right[index]
      index += 1
    }
    return sum
  }
}

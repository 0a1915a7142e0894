/// What one step of the integers of each output channel of a convolution's weights stands for.
struct ChannelScales {
  /// The largest integers.
  enum Bound {
    /// ±127 each.
    case bytes
    /// ±127 each, and no two neighbours along the input channels sum up to more than 128: without VNNI, the products of
    /// two such with two of 255 are added in 16 bits.
    case pairs

    /// What the processor, and oneDNN, need: it sees to sums in 16 bits by itself where the source is signed.
    init(sourceIsSigned: Bool) { self = Processor.hasIntegerDotProducts || sourceIsSigned ? .bytes : .pairs }
  }

  private static let limit: Float = 127
  private static let rounder: Float = 12_582_912
  /// One an output channel; above 0.
  let values: [Float]

  /// - Parameters:
  ///   - weights: `[outputChannels, inputChannels, height, width]`.
  ///   - bound: what the integers must keep to.
  init(_ weights: Tensor, bound: Bound) {
    let (inputs, area) = (weights.shape[1], weights.shape[2] * weights.shape[3])
    let pairs = bound == .pairs ? inputs / 2 : 0
    values = weights.values.withUnsafeBufferPointer { all in
      guard let base = all.baseAddress else { return [] }
      return (0..<weights.shape[0]).map { output in
        let row = base + output * inputs * area
        var largest = Largest()
        for index in 0..<inputs * area { largest.take(row[index]) }
        // Two loops for the same pairs: compilers take many at once where the inner one is long, or alone.
        if area == 1 {
          for pair in 0..<pairs { largest.takeSum(row[2 * pair], row[2 * pair + 1]) }
        } else {
          for pair in 0..<pairs {
            let (left, right) = (row + 2 * pair * area, row + (2 * pair + 1) * area)
            for place in 0..<area { largest.takeSum(left[place], right[place]) }
          }
        }
        // A channel of zeros, or of numbers too small to divide by, has any scale.
        let scale = largest.value / Self.limit
        return scale.isNormal ? scale : 1
      }
    }
  }

  /// The largest magnitude; what is no number is left out.
  ///
  /// Numbers without a sign are in the order of their bits, and compilers compare many integers at once.
  private struct Largest {
    private var bits: Int32 = 0

    mutating func take(_ number: Float) { take(bits: Int32(bitPattern: number.bitPattern) & .max) }

    /// Of two numbers only what has one sign adds up. Rounding may add one step.
    mutating func takeSum(_ left: Float, _ right: Float) {
      let differ = (Int32(bitPattern: left.bitPattern) ^ Int32(bitPattern: right.bitPattern)) >> 31
      take(bits: Int32(bitPattern: (left + right).bitPattern) & .max & ~differ)
    }

    private mutating func take(bits candidate: Int32) {
      bits = max(bits, candidate <= Int32(bitPattern: Float.infinity.bitPattern) ? candidate : 0)
    }

    var value: Float { Float(bitPattern: UInt32(bitPattern: bits)) }
  }

  /// The weights in steps, dense, of their own shape: the bits of signed integers.
  func integers(_ weights: Tensor) -> [UInt8] {
    let size = weights.values.count / max(values.count, 1)
    return [UInt8](unsafeUninitializedCapacity: weights.values.count) { output, count in
      weights.values.withUnsafeBufferPointer { weights in
        for channel in values.indices {
          let factor = 1 / values[channel]
          for index in channel * size..<(channel + 1) * size {
            let steps = weights[index] * factor
            // Beside 2²³ · 1.5 there is no room for fractions: the addition rounds to even, and leaves the integer in
            // the low bits. Numbers that are none become 0, as a comparison with them is false.
            let integer = Int32(bitPattern: (steps + Self.rounder).bitPattern &- Self.rounder.bitPattern)
            output[index] = steps.magnitude < Self.limit + 0.5 ? UInt8(truncatingIfNeeded: integer) : 0
          }
        }
        count = weights.count
      }
    }
  }
}

/// What one step of the integers of each output channel of a convolution's weights stands for.
struct ChannelScales {
  /// The largest integers.
  enum Bound {
    /// ±127 each.
    case bytes
    /// ±127 each, and no two neighbours along the input channels sum up to more than 128: without VNNI, the products of
    /// two such with two of 255 are added in 16 bits.
    case pairs
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
    values = (0..<weights.shape[0]).map { output in
      weights.values.withUnsafeBufferPointer { all in
        let rows = UnsafeBufferPointer(rebasing: all[output * inputs * area..<(output + 1) * inputs * area])
        var largest = Largest()
        for value in rows { largest.take(value.magnitude) }
        if bound == .pairs {
          for first in stride(from: 0, to: inputs - 1, by: 2) {
            for place in first * area..<(first + 1) * area {
              let (left, right) = (rows[place], rows[place + area])
              // Only what has one sign adds up. Rounding may add one step.
              largest.take((left > 0 ? left : 0) + (right > 0 ? right : 0))
              largest.take((left < 0 ? -left : 0) + (right < 0 ? -right : 0))
            }
          }
        }
        // A channel of zeros, or of numbers too small to divide by, has any scale.
        let scale = largest.value / Self.limit
        return scale.isNormal ? scale : 1
      }
    }
  }

  /// The largest of numbers that are not negative; what is no number is left out.
  ///
  /// Such numbers are in the order of their bits, and compilers compare many integers at once.
  private struct Largest {
    private var bits: Int32 = 0

    mutating func take(_ value: Float) {
      let candidate = Int32(bitPattern: value.bitPattern)
      bits = max(bits, candidate <= Int32(bitPattern: Float.infinity.bitPattern) ? candidate : 0)
    }

    var value: Float { Float(bitPattern: UInt32(bitPattern: bits)) }
  }

  /// The weights in steps, dense, of their own shape.
  func integers(_ weights: Tensor) -> [Int8] {
    let size = weights.values.count / max(values.count, 1)
    return [Int8](unsafeUninitializedCapacity: weights.values.count) { output, count in
      weights.values.withUnsafeBufferPointer { weights in
        for channel in values.indices {
          let factor = 1 / values[channel]
          for index in channel * size..<(channel + 1) * size {
            let steps = weights[index] * factor
            // Beside 2²³ · 1.5 there is no room for fractions: the addition rounds to even, and leaves the integer in
            // the low bits. Numbers that are none become 0, as a comparison with them is false.
            let integer = Int32(bitPattern: (steps + Self.rounder).bitPattern &- Self.rounder.bitPattern)
            output[index] = steps.magnitude < Self.limit + 0.5 ? Int8(truncatingIfNeeded: integer) : 0
          }
        }
        count = weights.count
      }
    }
  }
}

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
        var largest: Float = 0
        for value in rows { largest = max(largest, value.magnitude) }
        if bound == .pairs {
          for first in stride(from: 0, to: inputs - 1, by: 2) {
            for place in first * area..<(first + 1) * area {
              let (left, right) = (rows[place], rows[place + area])
              // Only what has one sign adds up. Rounding may add one step.
              largest = max(largest, max(left, 0) + max(right, 0), max(-left, 0) + max(-right, 0))
            }
          }
        }
        // A channel of zeros, or of numbers too small to divide by, has any scale.
        let scale = largest / Self.limit
        return scale.isNormal ? scale : 1
      }
    }
  }

  /// The weights in steps, dense, of their own shape.
  func integers(_ weights: Tensor) -> [Int8] {
    let size = weights.values.count / max(values.count, 1)
    return [Int8](unsafeUninitializedCapacity: weights.values.count) { output, count in
      weights.values.withUnsafeBufferPointer { weights in
        for channel in values.indices {
          let factor = 1 / values[channel]
          for index in channel * size..<(channel + 1) * size {
            let steps = (weights[index] * factor).rounded(.toNearestOrEven)
            // Numbers that are none become 0, as a comparison with them is false.
            output[index] = steps.magnitude <= Self.limit ? Int8(steps) : 0
          }
        }
        count = weights.count
      }
    }
  }
}

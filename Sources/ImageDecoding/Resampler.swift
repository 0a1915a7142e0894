/// The two passes of a separable resize over raw samples: along rows first, then along columns, rounded to 8 bits
/// after each.
///
/// Sums are of 32 bits with 22 fractional bits; the weights are not negative and sum to about one, so that no sum
/// passes 2³¹.
enum Resampler {
  private static let half = Int32(1) << (ResamplingFilter.fractionalBits - 1)

  /// Filters `rowCount` rows of RGB along x. `source` and `target` have `sourceStride` and `filter` × 3 bytes a row.
  static func horizontal(
    _ source: UnsafePointer<UInt8>, sourceStride: Int, rowCount: Int, filter: ResamplingFilter,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    let outputCount = filter.starts.count
    filter.starts.withUnsafeBufferPointer { starts in
      filter.counts.withUnsafeBufferPointer { counts in
        filter.weights.withUnsafeBufferPointer { weights in
          guard let starts = starts.baseAddress, let counts = counts.baseAddress, let weights = weights.baseAddress
          else { return }
          for row in 0..<rowCount {
            let sourceRow = source + row * sourceStride
            var output = target + row * outputCount * 3
            for position in 0..<outputCount {
              var sample = sourceRow + starts[position] * 3
              let weight = weights + position * filter.weightsPerOutput
              var (red, green, blue) = (half, half, half)
              for tap in 0..<counts[position] {
                let factor = weight[tap]
                red &+= Int32(sample[0]) &* factor
                green &+= Int32(sample[1]) &* factor
                blue &+= Int32(sample[2]) &* factor
                sample += 3
              }
              output[0] = clamped(red)
              output[1] = clamped(green)
              output[2] = clamped(blue)
              output += 3
            }
          }
        }
      }
    }
  }

  /// Filters rows of `rowBytes` samples along y. `source` starts at the input row `firstRow`.
  static func vertical(
    _ source: UnsafePointer<UInt8>, firstRow: Int, rowBytes: Int, filter: ResamplingFilter,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    let sums = UnsafeMutablePointer<Int32>.allocate(capacity: rowBytes)
    defer { sums.deallocate() }
    filter.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for position in 0..<filter.starts.count {
        sums.update(repeating: half, count: rowBytes)
        let firstSample = source + (filter.starts[position] - firstRow) * rowBytes
        for tap in 0..<filter.counts[position] {
          let factor = weights[position * filter.weightsPerOutput + tap]
          let samples = firstSample + tap * rowBytes
          for index in 0..<rowBytes {
            sums[index] &+= Int32(samples[index]) &* factor
          }
        }
        let output = target + position * rowBytes
        for index in 0..<rowBytes {
          output[index] = clamped(sums[index])
        }
      }
    }
  }

  @inline(__always) private static func clamped(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResamplingFilter.fractionalBits)))
  }
}

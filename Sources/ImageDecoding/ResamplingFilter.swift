/// The weights of a triangle filter along one axis, for a stretch of output positions.
///
/// Shrinking widens the triangle by the scale (antialiasing), enlarging leaves it at one input sample. Weights are
/// normalised to one and held with 22 fractional bits, which with 8-bit samples fills a 32-bit sum. This is the
/// arithmetic of Pillow's `resize` with `BILINEAR`, so that its results are reproduced to the bit.
struct ResamplingFilter {
  static let fractionalBits: Int32 = 22

  /// First input position of each output position.
  private(set) var starts: [Int]
  /// How many weights each output position has.
  private(set) var counts: [Int]
  /// `[output, weightsPerOutput]`, zero beyond `counts`.
  private(set) var weights: [Int32]
  let weightsPerOutput: Int

  /// - Parameters:
  ///   - outputRange: Which of the `outputCount` positions are wanted.
  init(inputCount: Int, outputCount: Int, outputRange: Range<Int>) {
    let scale = Double(inputCount) / Double(outputCount)
    let filterScale = max(scale, 1)
    let support = filterScale
    let inverseScale = 1 / filterScale
    weightsPerOutput = Int(support.rounded(.up)) * 2 + 1
    starts = []
    counts = []
    starts.reserveCapacity(outputRange.count)
    counts.reserveCapacity(outputRange.count)
    weights = [Int32](repeating: 0, count: outputRange.count * weightsPerOutput)
    var unscaled = [Double](repeating: 0, count: weightsPerOutput)
    for (index, position) in outputRange.enumerated() {
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(inputCount, Int(center + support + 0.5))
      let count = max(0, end - start)
      var sum = 0.0
      for tap in 0..<count {
        let distance = abs((Double(tap + start) - center + 0.5) * inverseScale)
        let weight = distance < 1 ? 1 - distance : 0
        unscaled[tap] = weight
        sum += weight
      }
      for tap in 0..<count {
        let weight = sum == 0 ? unscaled[tap] : unscaled[tap] / sum
        weights[index * weightsPerOutput + tap] = Int32(weight * Double(1 << Self.fractionalBits) + 0.5)
      }
      starts.append(start)
      counts.append(count)
    }
  }

  /// The input positions that the outputs draw on.
  var inputRange: Range<Int> {
    guard let first = starts.first, let last = starts.last, let count = counts.last else { return 0..<0 }
    return first..<max(first, last + count)
  }
}

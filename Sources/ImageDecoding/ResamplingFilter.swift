/// The weights of a triangle filter along one axis, for a stretch of output positions.
///
/// Shrinking widens the triangle by the scale (antialiasing), enlarging leaves it at one input sample. Weights are
/// normalised to one and held with 22 fractional bits, which with 8-bit samples fills a 32-bit sum. This is the
/// arithmetic of Pillow's `resize` with `BILINEAR`, so that its results are reproduced to the bit, save that recent
/// versions filter columns before rows in some tall pictures and then round a few samples the other way.
struct ResamplingFilter {
  static let fractionalBits: Int32 = 22

  /// First input position of each output position.
  private(set) var starts: [Int32]
  /// How many weights each output position has.
  private(set) var counts: [Int32]
  /// `[output, weightsPerOutput]`, zero beyond `counts`.
  private(set) var weights: [Int32]
  /// A multiple of four, which the kernels take at a time.
  let weightsPerOutput: Int

  /// - Parameters:
  ///   - outputRange: Which of the `outputCount` positions are wanted.
  init(inputCount: Int, outputCount: Int, outputRange: Range<Int>) {
    let axis = Axis(inputCount: inputCount, outputCount: outputCount)
    weightsPerOutput = (Int(axis.support.rounded(.up)) * 2 + 1 + 3) / 4 * 4
    starts = []
    counts = []
    starts.reserveCapacity(outputRange.count)
    counts.reserveCapacity(outputRange.count)
    weights = [Int32](repeating: 0, count: outputRange.count * weightsPerOutput)
    let inverseScale = 1 / axis.support
    var unscaled = [Double](repeating: 0, count: weightsPerOutput)
    for (index, position) in outputRange.enumerated() {
      let center = axis.center(of: position)
      let inputs = axis.inputs(of: position)
      var sum = 0.0
      for tap in 0..<inputs.count {
        let distance = abs((Double(tap + inputs.lowerBound) - center + 0.5) * inverseScale)
        let weight = distance < 1 ? 1 - distance : 0
        unscaled[tap] = weight
        sum += weight
      }
      for tap in 0..<inputs.count {
        let weight = sum == 0 ? unscaled[tap] : unscaled[tap] / sum
        weights[index * weightsPerOutput + tap] = Int32(weight * Double(1 << Self.fractionalBits) + 0.5)
      }
      starts.append(Int32(inputs.lowerBound))
      counts.append(Int32(inputs.count))
    }
  }

  /// The input positions that the outputs draw on.
  var inputRange: Range<Int> {
    guard let first = starts.first, let last = starts.last, let count = counts.last else { return 0..<0 }
    return Int(first)..<Int(max(first, last + count))
  }

  /// The input positions that a filter draws on, without making it.
  static func inputRange(inputCount: Int, outputCount: Int, outputRange: Range<Int>) -> Range<Int> {
    guard let first = outputRange.first, let last = outputRange.last else { return 0..<0 }
    let axis = Axis(inputCount: inputCount, outputCount: outputCount)
    let start = axis.inputs(of: first).lowerBound
    return start..<max(start, axis.inputs(of: last).upperBound)
  }

  /// Where the triangles of an axis lie.
  private struct Axis {
    let inputCount: Int
    let scale: Double
    /// Half the breadth of a triangle, in input positions.
    let support: Double

    init(inputCount: Int, outputCount: Int) {
      self.inputCount = inputCount
      scale = Double(inputCount) / Double(outputCount)
      support = max(scale, 1)
    }

    func center(of position: Int) -> Double { (Double(position) + 0.5) * scale }

    func inputs(of position: Int) -> Range<Int> {
      let center = center(of: position)
      let start = max(0, Int(center - support + 0.5))
      let end = min(inputCount, Int(center + support + 0.5))
      return start..<max(start, end)
    }
  }
}

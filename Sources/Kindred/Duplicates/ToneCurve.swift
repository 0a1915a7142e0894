/// A rising curve that takes the brightness of one picture to that of another: what a change of brightness, contrast or
/// gamma does, clipped ends too.
struct ToneCurve {
  private static let binCount = 32
  private static let binWidth: Float = 256 / Float(binCount)
  /// The curve's value at the middle of each bin.
  private var levels: [Float]

  /// Fits the curve to pairs of samples. Pairs far off a first fit, such as those under added text, are left out of the
  /// second.
  init(from source: [Float], to target: [Float]) {
    levels = Self.fit(source, target, around: nil, within: 0)
    let first = self
    var square = 0.0
    for (value, other) in zip(source, target) {
      let difference = other - first.apply(value)
      square += Double(difference * difference)
    }
    let deviation = Float((square / Double(max(1, source.count))).squareRoot())
    levels = Self.fit(source, target, around: first, within: 2 * deviation + 2)
  }

  private static func fit(_ source: [Float], _ target: [Float], around curve: ToneCurve?, within: Float) -> [Float] {
    var sums = [Double](repeating: 0, count: binCount)
    var weights = sums
    source.withUnsafeBufferPointer { source in
      target.withUnsafeBufferPointer { target in
        for index in 0..<min(source.count, target.count) {
          let (value, other) = (source[index], target[index])
          if let curve, abs(other - curve.apply(value)) > within { continue }
          let bin = max(0, min(binCount - 1, Int(value / binWidth)))
          sums[bin] += Double(other)
          weights[bin] += 1
        }
      }
    }
    return rising(sums, weights)
  }

  /// The rising sequence nearest to the averages of bins (pool adjacent violators). Empty bins lie between their
  /// neighbours.
  private static func rising(_ sums: [Double], _ weights: [Double]) -> [Float] {
    var pools: [(sum: Double, weight: Double, bins: ClosedRange<Int>)] = []
    for bin in sums.indices where weights[bin] > 0 {
      pools.append((sums[bin], weights[bin], bin...bin))
      while pools.count > 1 {
        let (last, previous) = (pools[pools.count - 1], pools[pools.count - 2])
        guard previous.sum / previous.weight >= last.sum / last.weight else { break }
        pools.removeLast(2)
        pools.append(
          (previous.sum + last.sum, previous.weight + last.weight, previous.bins.lowerBound...last.bins.upperBound))
      }
    }
    var known: [(bin: Int, level: Float)] = []
    for pool in pools {
      let level = Float(pool.sum / pool.weight)
      known.append((pool.bins.lowerBound, level))
      if pool.bins.count > 1 { known.append((pool.bins.upperBound, level)) }
    }
    guard let first = known.first, let last = known.last else { return (0..<sums.count).map { Float($0) * binWidth } }
    var levels = [Float](repeating: first.level, count: sums.count)
    for (left, right) in zip(known, known.dropFirst()) {
      for bin in left.bin...right.bin {
        let share = Float(bin - left.bin) / Float(max(1, right.bin - left.bin))
        levels[bin] = left.level + share * (right.level - left.level)
      }
    }
    for bin in last.bin..<sums.count { levels[bin] = last.level }
    return levels
  }

  func apply(_ value: Float) -> Float {
    let place = max(0, min(Float(Self.binCount - 1), value / Self.binWidth - 0.5))
    let low = Int(place)
    let high = min(low + 1, Self.binCount - 1)
    return levels[low] + (place - Float(low)) * (levels[high] - levels[low])
  }

  func apply(_ values: [Float]) -> [Float] { values.map(apply) }
}

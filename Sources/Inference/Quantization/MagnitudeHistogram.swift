/// How often which magnitudes occur in an array.
struct MagnitudeHistogram {
  private static let binCount = 2048
  private var counts = [Double](repeating: 0, count: binCount)
  /// The upper end of the last bin; 0 before the first value.
  private var end: Float = 0
  private var largest: Float = 0

  /// Adds values; those that are no finite numbers are left out.
  mutating func add(_ values: UnsafeBufferPointer<Float>) {
    var found: Float = 0
    for value in values where value.magnitude > found && value.isFinite { found = value.magnitude }
    guard found > 0 else { return }
    largest = max(largest, found)
    if end == 0 { end = found }
    while end < found { double() }
    let scale = Float(Self.binCount) / end
    for value in values where value != 0 && value.isFinite {
      counts[min(Int(value.magnitude * scale), Self.binCount - 1)] += 1
    }
  }

  private mutating func double() {
    for bin in 0..<Self.binCount / 2 { counts[bin] = counts[2 * bin] + counts[2 * bin + 1] }
    for bin in Self.binCount / 2..<Self.binCount { counts[bin] = 0 }
    end *= 2
  }

  /// The clipping limit with the least mean squared error for so many steps between 0 and the limit: rounding errs by
  /// a twelfth of a step squared, clipping by what lies above the limit. `nil` where every value was 0.
  func limit(steps: Int) -> Float? {
    guard end > 0, end.isFinite else { return nil }
    let width = end / Float(Self.binCount)
    // Sums of 1, x and x² over the bins from the top give the clipping error of every limit in one pass.
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    let total = counts.reduce(0, +)
    var best = (limit: largest, error: Double.infinity)
    for bin in stride(from: Self.binCount - 1, to: Self.binCount / 64, by: -1) {
      let limit = min(Double(width) * Double(bin + 1), Double(largest))
      let step = limit / Double(steps)
      let clipped = squares - 2 * limit * sum + limit * limit * count
      let error = max(0, clipped) + (total - count) * step * step / 12
      if error < best.error { best = (Float(limit), error) }
      let middle = Double(width) * (Double(bin) + 0.5)
      count += counts[bin]
      sum += counts[bin] * middle
      squares += counts[bin] * middle * middle
    }
    return best.limit
  }
}

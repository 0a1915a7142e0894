extension PictureSignature {
  /// What ``isLineArt`` is.
  static func isLineArt(luma: [UInt8], blueDifference: [UInt8], redDifference: [UInt8]) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    for value in luma { counts[Int(value)] += 1 }
    let first = strongestTone(counts)
    for value in first.values { counts[value] = 0 }
    let toned = Float(first.count + strongestTone(counts).count)
    guard toned >= DuplicateThresholds.lineArtShare * Float(luma.count) else { return false }
    let strength = zip(blueDifference, redDifference).reduce(0) { sum, pair in
      sum + max(abs(Int(pair.0) - 128), abs(Int(pair.1) - 128))
    }
    return Float(strength) <= DuplicateThresholds.lineArtColour * Float(max(1, blueDifference.count))
  }

  /// The band of brightness that has the most samples.
  private static func strongestTone(_ counts: [Int]) -> (values: ClosedRange<Int>, count: Int) {
    let reach = DuplicateThresholds.lineArtTone
    return counts.indices
      .map { value in
        let values = max(0, value - reach)...min(counts.count - 1, value + reach)
        return (values, counts[values].reduce(0, +))
      }
      .max { $0.1 < $1.1 } ?? (0...0, 0)
  }
}

/// The straight line that takes one picture's brightness to another's best.
struct LinearTone {
  var gain: Float
  var offset: Float
  var correlation: Float
  /// Root mean square of what it leaves.
  var deviation: Float

  init?(from warped: WarpedPlane, to target: PicturePlane) {
    var (sum, targetSum, square, targetSquare, product) = (0.0, 0.0, 0.0, 0.0, 0.0)
    warped.values.withUnsafeBufferPointer { values in
      target.values.withUnsafeBufferPointer { targetValues in
        for y in 0..<warped.height {
          var row = SIMD8<Float>.zero
          let start = (y + warped.top) * target.width + warped.left
          for x in 0..<warped.width {
            // Less a middle grey, for the precision of the sums.
            let (value, other) = (values[y * warped.width + x] - 128, targetValues[start + x] - 128)
            row += SIMD8(value, other, value * value, other * other, value * other, 0, 0, 0)
          }
          sum += Double(row[0])
          targetSum += Double(row[1])
          square += Double(row[2])
          targetSquare += Double(row[3])
          product += Double(row[4])
        }
      }
    }
    let count = Double(warped.width * warped.height)
    let variance = square / count - (sum / count) * (sum / count)
    let targetVariance = targetSquare / count - (targetSum / count) * (targetSum / count)
    let covariance = product / count - sum / count * (targetSum / count)
    guard count > 0, variance > 0.01 else { return nil }
    gain = Float(covariance / variance)
    offset = Float(targetSum / count + 128 - covariance / variance * (sum / count + 128))
    let explained = covariance * covariance / variance
    deviation = Float(max(0, targetVariance - explained).squareRoot())
    correlation = targetVariance > 0.01 ? Float(covariance / (variance * targetVariance).squareRoot()) : 0
  }

  func apply(_ value: Float) -> Float { gain * value + offset }
}

/// Compares two aligned planes block by block, after a tone curve has taken one's brightness to the other's.
///
/// A copy differs from its original by noise everywhere and by much in few blocks (added text). Another picture of the
/// same scene differs by much wherever something moved.
struct BlockAgreement {
  /// Share of the blocks' weight that agrees, 0…1.
  var agreement: Float = 0
  /// Sum of the blocks' textures, each at most 1.
  var texture: Float = 0
  /// Correlation of edges and texture.
  var detail: Float = 0
  /// How much of what one has in the blocks that disagree is in the other too, 0…1: near 1 where something was added
  /// over the picture, near 0 where it has something else there.
  var kept: Float = 1
  /// Share of the blocks that disagree.
  var differing: Float = 0
  /// Whether brightness or contrast differ.
  var isToned = false

  /// Samples of a block's side.
  static let blockSide = 8
  /// Half side of the box whose average is taken away from samples to leave edges and texture.
  static let detailRadius = 4

  /// The better of both directions: highlights that were clipped in one can be told from the other, not back.
  static func best(_ first: PicturePlane, _ second: PicturePlane) -> BlockAgreement {
    let (forth, back) = (BlockAgreement(first, second), BlockAgreement(second, first))
    if forth.texture < DuplicateThresholds.leastTexture { return back }
    if back.texture < DuplicateThresholds.leastTexture { return forth }
    return forth.agreement >= back.agreement ? forth : back
  }

  /// - Parameters:
  ///   - source: the plane whose brightness is changed.
  ///   - target: of the same size.
  init(_ source: PicturePlane, _ target: PicturePlane) {
    let curve = ToneCurve(from: source.values, to: target.values)
    let toned = PicturePlane(width: source.width, height: source.height, values: curve.apply(source.values))
    let change = zip(source.values, toned.values).reduce(Float(0)) { $0 + abs($1.0 - $1.1) }
    isToned = change / Float(source.values.count) > 6
    let details = toned.detail(radius: Self.detailRadius)
    let targetDetails = target.detail(radius: Self.detailRadius)

    var (weights, agreeing): (Float, Float) = (0, 0)
    var (square, targetSquare, product): (Double, Double, Double) = (0, 0, 0)
    var disagreeing = Sums()
    var (blockCount, disagreeingCount) = (0, 0)
    // Blocks share the remainder of the sides among them.
    let columns = Self.edges(target.width)
    let rows = Self.edges(target.height)
    for (top, bottom) in zip(rows, rows.dropFirst()) {
      for (left, right) in zip(columns, columns.dropFirst()) {
        var block = Sums()
        toned.values.withUnsafeBufferPointer { toned in
          target.values.withUnsafeBufferPointer { targetValues in
            details.values.withUnsafeBufferPointer { details in
              targetDetails.values.withUnsafeBufferPointer { targetDetails in
                for y in top..<bottom {
                  for index in y * target.width + left..<y * target.width + right {
                    block.level += toned[index] - targetValues[index]
                    let (value, other) = (details[index], targetDetails[index])
                    block.square += value * value
                    block.targetSquare += other * other
                    block.product += value * other
                  }
                }
              }
            }
          }
        }
        square += Double(block.square)
        targetSquare += Double(block.targetSquare)
        product += Double(block.product)
        let count = Float((bottom - top) * (right - left))
        let energy = max(block.square, block.targetSquare) / count
        let difference = max(0, block.square + block.targetSquare - 2 * block.product) / count
        let blockTexture = min(1, energy / DuplicateThresholds.textureEnergy)
        let weight = DuplicateThresholds.plainBlockWeight + blockTexture
        let agrees =
          difference <= DuplicateThresholds.noiseEnergy + DuplicateThresholds.relativeDifference * energy
          && abs(block.level / count) <= DuplicateThresholds.levelDifference
        texture += blockTexture
        weights += weight
        blockCount += 1
        if agrees {
          agreeing += weight
        } else {
          disagreeingCount += 1
          disagreeing.square += block.square
          disagreeing.targetSquare += block.targetSquare
          disagreeing.product += block.product
        }
      }
    }
    differing = Float(disagreeingCount) / Float(max(1, blockCount))
    let (less, more) = (
      min(disagreeing.square, disagreeing.targetSquare), max(disagreeing.square, disagreeing.targetSquare)
    )
    kept = more > 0 ? max(1 - less / (0.25 * more), min(1, disagreeing.product / max(1e-3, less))) : 1
    agreement = weights > 0 ? agreeing / weights : 0
    detail = square > 0 && targetSquare > 0 ? Float(product / (square * targetSquare).squareRoot()) : 0
  }

  private struct Sums {
    var (level, square, targetSquare, product): (Float, Float, Float, Float) = (0, 0, 0, 0)
  }

  private static func edges(_ side: Int) -> [Int] {
    let count = max(1, side / blockSide)
    return (0...count).map { $0 * side / count }
  }
}

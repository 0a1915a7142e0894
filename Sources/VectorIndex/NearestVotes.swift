import Foundation

/// The share that a class has among the nearest of some examples, weighted by how near they are.
public struct NearestVotes: Sendable {
  public let dimension: Int
  /// For each example the share among the nearest of the others.
  public let heldOut: [Double]

  private let examples: [Float]
  private let targets: [Bool]
  private let count: Int

  /// How much more a vote weighs that is nearer: e to this power for a cosine that is greater by one.
  private static let sharpness = 10.0

  /// - Parameters:
  ///   - examples: `[rows, dimension]`, flattened, L2-normalised.
  ///   - dimension: numbers in an example.
  ///   - targets: for each example whether it is of the class.
  ///   - count: how many of the nearest vote, one or more.
  public init(_ examples: [Float], dimension: Int, targets: [Bool], count: Int) {
    precondition(dimension > 0 && count > 0 && examples.count == targets.count * dimension)
    self.examples = examples
    self.dimension = dimension
    self.targets = targets
    self.count = count
    let rows = targets.count
    let cosines = MatrixMath.selfProduct(examples, rows: rows, columns: dimension, ofRows: true)
    heldOut = (0..<rows).map { row in
      var line = Array(cosines[row * rows..<(row + 1) * rows])
      // An example never votes for itself.
      line[row] = -.infinity
      return Self.share(line, targets, count: min(count, rows - 1))
    }
  }

  /// The share for each vector.
  /// - Parameter vectors: `[rows, dimension]`, flattened, L2-normalised.
  public func shares(of vectors: [Float]) -> [Double] {
    precondition(vectors.count.isMultiple(of: dimension), "\(vectors.count) numbers in vectors of \(dimension)")
    let (rows, columns) = (vectors.count / dimension, targets.count)
    let cosines = MatrixMath.product(
      vectors, examples, rows: rows, columns: columns, inner: dimension, transposesRight: true)
    return (0..<rows).map {
      Self.share(Array(cosines[$0 * columns..<($0 + 1) * columns]), targets, count: min(count, columns))
    }
  }

  private static func share(_ cosines: [Float], _ targets: [Bool], count: Int) -> Double {
    guard count > 0 else { return 0 }
    let nearest = cosines.indices.filter { !cosines[$0].isNaN }
      .sorted { (cosines[$0], -$0) > (cosines[$1], -$1) }.prefix(count)
    var (sum, inside) = (0.0, 0.0)
    for place in nearest {
      let weight = exp(sharpness * Double(min(1, max(-1, cosines[place]))))
      sum += weight
      if targets[place] { inside += weight }
    }
    return sum > 0 ? inside / sum : 0
  }
}

internal import COpenBLAS

/// A linear classifier of many classes by least squares with a penalty, whose answers for rows that it was not told of
/// are exact and cost no further fit.
///
/// A score is near 1 for vectors of a class and near 0 for others, and for vectors that are like none. With K the products
/// of the rows, W their weights and Y the classes, G = (K + penalty·W⁻¹)⁻¹ and A = G·Y, the scores are K·A; and those of
/// some rows S from a fit without them are Y(S) − G(S,S)⁻¹·A(S). There is no bias: with one, the scores of every vector
/// would add up to about 1, and what is like no class would not be seen.
public struct RidgeClassifier: Sendable {
  public let dimension: Int
  public let classCount: Int
  /// `[classCount, dimension]`, flattened.
  public let directions: [Float]
  /// `[rows, classCount]`: each row's scores from a fit without that row.
  public let heldOut: [Float]

  /// More rows than this are more than a fit should take: it needs memory with their square, time with their cube.
  public static let mostRows = 2_000

  private let rowCount: Int
  private let shares: [Double]
  private let inverse: [Double]
  private let members: [[Int]]

  /// - Parameters:
  ///   - vectors: `[rows, dimension]`, flattened; at most ``mostRows``.
  ///   - dimension: numbers in a vector.
  ///   - members: for each row the classes that it is of, below `classCount`.
  ///   - classCount: one or more.
  ///   - weights: of each row, more than 0.
  ///   - penalty: more than 0.
  /// - Returns: `nil` for numbers that are not finite, and where there is nothing to fit.
  public init?(
    fitting vectors: [Float], dimension: Int, members: [[Int]], classCount: Int, weights: [Double], penalty: Double
  ) {
    let rows = members.count
    precondition(dimension > 0 && vectors.count == rows * dimension && weights.count == rows)
    guard rows > 0, rows <= Self.mostRows, classCount > 0, penalty > 0, penalty.isFinite,
      weights.allSatisfy({ $0 > 0 && $0.isFinite })
    else { return nil }
    var kernel = MatrixMath.selfProduct(vectors, rows: rows, columns: dimension, ofRows: true).map { Double($0) }
    for row in 0..<rows { kernel[row * rows + row] += penalty / weights[row] }
    guard let factor = CholeskyFactor(kernel, side: rows) else { return nil }
    var targets = [Double](repeating: 0, count: rows * classCount)
    for (row, classes) in members.enumerated() {
      for member in classes { targets[row * classCount + member] = 1 }
    }
    shares = factor.solving(targets, columns: classCount)
    inverse = factor.inverse()
    let single = shares.map { Float($0) }
    directions = Self.combined(single, vectors, rows: rows, columns: classCount, dimension: dimension)
    var heldOut = [Float](repeating: 0, count: rows * classCount)
    for row in 0..<rows {
      let own = inverse[row * rows + row]
      for column in 0..<classCount {
        let place = row * classCount + column
        heldOut[place] = Float(targets[place] - shares[place] / own)
      }
    }
    self.heldOut = heldOut
    self.dimension = dimension
    self.classCount = classCount
    self.members = members
    rowCount = rows
  }

  /// `shares`ᵀ × `vectors`.
  private static func combined(
    _ shares: [Float], _ vectors: [Float], rows: Int, columns: Int, dimension: Int
  ) -> [Float] {
    var result = [Float](repeating: 0, count: columns * dimension)
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(dimension), Int32(rows), 1, shares,
      Int32(columns), vectors, Int32(dimension), 0, &result, Int32(dimension))
    return result
  }

  /// The scores of vectors.
  /// - Parameter vectors: `[rows, dimension]`, flattened.
  /// - Returns: `[rows, classCount]`.
  public func scores(of vectors: [Float]) -> [Float] {
    precondition(vectors.count.isMultiple(of: dimension), "\(vectors.count) numbers in vectors of \(dimension)")
    return MatrixMath.product(
      vectors, directions, rows: vectors.count / dimension, columns: classCount, inner: dimension,
      transposesRight: true)
  }

  /// The scores of some rows from a fit without any of them.
  /// - Parameter rows: numbers of rows that were fitted, each once.
  /// - Returns: `[rows, classCount]`; `nil` when they can't be told from these numbers.
  public func heldOutTogether(_ rows: [Int]) -> [Float]? {
    precondition(rows.allSatisfy { (0..<rowCount).contains($0) })
    var block: [Double] = []
    var shares: [Double] = []
    block.reserveCapacity(rows.count * rows.count)
    for row in rows {
      for column in rows { block.append(inverse[row * rowCount + column]) }
      shares += self.shares[row * classCount..<(row + 1) * classCount]
    }
    guard let factor = CholeskyFactor(block, side: rows.count) else { return nil }
    var scores = factor.solving(shares, columns: classCount).map { Float(-$0) }
    for (place, row) in rows.enumerated() {
      for member in members[row] { scores[place * classCount + member] += 1 }
    }
    return scores
  }
}

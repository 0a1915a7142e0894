internal import COpenBLAS

/// The factor L of a symmetric positive definite matrix L·Lᵀ, in double precision, by blocks through OpenBLAS.
struct CholeskyFactor {
  let side: Int
  /// `[side, side]`; what lies above the diagonal is zero.
  private(set) var values: [Double]

  private static let block = 64

  /// - Parameter matrix: `[side, side]`, of which the lower triangle is read.
  /// - Returns: `nil` for a matrix that is not positive definite, or holds a number that is not finite.
  init?(_ matrix: [Double], side: Int) {
    precondition(matrix.count == side * side, "\(matrix.count) numbers in a matrix of side \(side)")
    self.side = side
    values = matrix
    let isDefinite = values.withUnsafeMutableBufferPointer { values -> Bool in
      guard let base = values.baseAddress else { return true }
      let stride = Int32(side)
      for first in Swift.stride(from: 0, to: side, by: Self.block) {
        let width = min(Self.block, side - first)
        let corner = base + first * side + first
        guard Self.factor(corner, width: width, stride: side) else { return false }
        let below = side - first - width
        guard below > 0 else { continue }
        let panel = corner + width * side
        cblas_dtrsm(
          CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, Int32(below), Int32(width), 1, corner,
          stride, panel, stride)
        cblas_dsyrk(
          CblasRowMajor, CblasLower, CblasNoTrans, Int32(below), Int32(width), -1, panel, stride, 1, panel + width,
          stride)
      }
      for row in 0..<side {
        (base + row * side + row + 1).update(repeating: 0, count: side - row - 1)
      }
      return true
    }
    guard isDefinite else { return nil }
  }

  /// One block on the diagonal.
  private static func factor(_ base: UnsafeMutablePointer<Double>, width: Int, stride: Int) -> Bool {
    for row in 0..<width {
      let line = base + row * stride
      for column in 0...row {
        let other = base + column * stride
        var sum = line[column]
        for inner in 0..<column { sum -= line[inner] * other[inner] }
        if column < row {
          line[column] = sum / other[column]
        } else {
          guard sum > 0, sum.isFinite else { return false }
          line[column] = sum.squareRoot()
        }
      }
    }
    return true
  }

  /// The solution X of L·Lᵀ·X = `right`.
  /// - Parameter right: `[side, columns]`.
  func solving(_ right: [Double], columns: Int) -> [Double] {
    var solution = forward(right, columns: columns)
    solve(&solution, columns: columns, CblasTrans)
    return solution
  }

  /// The solution X of L·X = `right`.
  func forward(_ right: [Double], columns: Int) -> [Double] {
    var solution = right
    solve(&solution, columns: columns, CblasNoTrans)
    return solution
  }

  private func solve(_ right: inout [Double], columns: Int, _ transposition: CBLAS_TRANSPOSE) {
    precondition(right.count == side * columns, "\(right.count) numbers in \(columns) columns of \(side)")
    guard side > 0, columns > 0 else { return }
    right.withUnsafeMutableBufferPointer { right in
      cblas_dtrsm(
        CblasRowMajor, CblasLeft, CblasLower, transposition, CblasNonUnit, Int32(side), Int32(columns), 1, values,
        Int32(side), right.baseAddress, Int32(columns))
    }
  }

  /// The inverse of L·Lᵀ, `[side, side]`, whole.
  func inverse() -> [Double] {
    var identity = [Double](repeating: 0, count: side * side)
    for index in 0..<side { identity[index * side + index] = 1 }
    return solving(identity, columns: side)
  }
}

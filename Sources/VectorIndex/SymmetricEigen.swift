/// Eigenvalues and eigenvectors of symmetric matrices.
enum SymmetricEigen {
  private static let mostIterations = 200
  private static let leastIterations = 8

  /// The largest eigenvalues of a matrix without negative ones, with their vectors, by orthogonal iteration.
  ///
  /// A few vectors more than asked for are iterated: the error falls with the ratio of the first eigenvalue left out to
  /// the last one wanted.
  /// - Parameters:
  ///   - matrix: `[side, side]`, symmetric.
  ///   - count: how many, at most `side`.
  /// - Returns: values, falling, and vectors `[count, side]` of length 1.
  static func largest(_ matrix: [Float], side: Int, count: Int) -> (values: [Float], vectors: [Float]) {
    let width = min(side, count + max(8, count / 4))
    var basis = OrthonormalRows(length: side)
    basis.complete(to: width)
    var sum = 0.0
    for iteration in 0..<mostIterations {
      let image = times(matrix, basis.values, side: side, width: width)
      let last = sum
      sum = 0
      // The trace over the first vectors grows to the sum of the largest eigenvalues.
      for row in 0..<count {
        for column in row * side..<(row + 1) * side { sum += Double(image[column]) * Double(basis.values[column]) }
      }
      var next = OrthonormalRows(length: side)
      for row in 0..<width { _ = next.append(Array(image[row * side..<(row + 1) * side])) }
      // Directions that the matrix takes to nothing.
      next.complete(to: width)
      basis = next
      if iteration >= leastIterations, abs(sum - last) <= 1e-7 * abs(sum) { break }
    }
    let image = times(matrix, basis.values, side: side, width: width)
    let projected = MatrixMath.product(
      basis.values, image, rows: width, columns: width, inner: side, transposesRight: true)
    let (values, rotation) = all(projected.map(Double.init), side: width)
    let vectors = MatrixMath.product(
      rotation.map(Float.init), basis.values, rows: width, columns: side, inner: width, transposesRight: false)
    return (values.prefix(count).map(Float.init), Array(vectors[..<(count * side)]))
  }

  private static func times(_ matrix: [Float], _ rows: [Float], side: Int, width: Int) -> [Float] {
    MatrixMath.product(rows, matrix, rows: width, columns: side, inner: side, transposesRight: false)
  }

  /// All eigenvalues, falling, and their vectors as rows, of a small matrix, by Jacobi's cyclic method (Golub and Van
  /// Loan, 8.5).
  static func all(_ matrix: [Double], side: Int) -> (values: [Double], vectors: [Double]) {
    var work = matrix
    var vectors = [Double](repeating: 0, count: side * side)
    for index in 0..<side { vectors[index * side + index] = 1 }
    work.withUnsafeMutableBufferPointer { work in
      vectors.withUnsafeMutableBufferPointer { vectors in
        for _ in 0..<30 {
          var off = 0.0
          var diagonal = 0.0
          for row in 0..<side {
            diagonal += work[row * side + row] * work[row * side + row]
            for column in 0..<row { off += work[row * side + column] * work[row * side + column] }
          }
          guard off > 1e-24 * diagonal else { break }
          for first in 0..<side {
            for second in first + 1..<max(first + 1, side) {
              rotate(work, vectors, side: side, first: first, second: second)
            }
          }
        }
      }
    }
    let order = (0..<side).sorted { (work[$0 * side + $0], $1) > (work[$1 * side + $1], $0) }
    return (
      order.map { work[$0 * side + $0] }, order.flatMap { vectors[$0 * side..<($0 + 1) * side] }
    )
  }

  /// Makes one number beside the diagonal, and its mirror image, zero.
  private static func rotate(
    _ work: UnsafeMutableBufferPointer<Double>, _ vectors: UnsafeMutableBufferPointer<Double>, side: Int, first: Int,
    second: Int
  ) {
    let off = (work[first * side + second] + work[second * side + first]) / 2
    guard abs(off) > 1e-300 else { return }
    let ratio = (work[second * side + second] - work[first * side + first]) / (2 * off)
    let tangent = (ratio >= 0 ? 1.0 : -1.0) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    for index in 0..<side {
      let (left, right) = (work[index * side + first], work[index * side + second])
      work[index * side + first] = cosine * left - sine * right
      work[index * side + second] = sine * left + cosine * right
    }
    for index in 0..<side {
      let (upper, lower) = (work[first * side + index], work[second * side + index])
      work[first * side + index] = cosine * upper - sine * lower
      work[second * side + index] = sine * upper + cosine * lower
      let (before, after) = (vectors[first * side + index], vectors[second * side + index])
      vectors[first * side + index] = cosine * before - sine * after
      vectors[second * side + index] = sine * before + cosine * after
    }
  }
}

/// Small systems of linear equations.
enum LinearSystem {
  /// Solves by Cholesky's decomposition of a symmetric matrix; `nil` where it is not positive definite.
  static func solve(_ matrix: [Double], _ vector: [Double], count: Int) -> [Double]? {
    var lower = matrix
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for index in 0..<column { sum -= lower[row * count + index] * lower[column * count + index] }
        if row == column {
          guard sum > 1e-9 * max(1e-9, matrix[row * count + row]) else { return nil }
          lower[row * count + row] = sum.squareRoot()
        } else {
          lower[row * count + column] = sum / lower[column * count + column]
        }
      }
    }
    var result = vector
    for row in 0..<count {
      for index in 0..<row { result[row] -= lower[row * count + index] * result[index] }
      result[row] /= lower[row * count + row]
    }
    for row in (0..<count).reversed() {
      for index in row + 1..<count { result[row] -= lower[index * count + row] * result[index] }
      result[row] /= lower[row * count + row]
    }
    return result
  }
}

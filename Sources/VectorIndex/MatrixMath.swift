internal import COpenBLAS

/// Products of row-major matrices through OpenBLAS.
enum MatrixMath {
  /// `left` × `right`, or `left` × `right`ᵀ.
  /// - Parameters:
  ///   - left: `[rows, inner]`.
  ///   - right: `[inner, columns]`, or `[columns, inner]` when it is transposed.
  /// - Returns: `[rows, columns]`.
  static func product(
    _ left: [Float], _ right: [Float], rows: Int, columns: Int, inner: Int, transposesRight: Bool
  ) -> [Float] {
    precondition(left.count == rows * inner && right.count == inner * columns)
    return matrix(rows, columns) { target in
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, transposesRight ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns),
        Int32(inner), 1, left, Int32(inner), right, Int32(transposesRight ? inner : columns), 0, target, Int32(columns))
    }
  }

  /// `values` × `values`ᵀ for the rows, or `values`ᵀ × `values` for the columns.
  /// - Parameter values: `[rows, columns]`.
  static func selfProduct(_ values: [Float], rows: Int, columns: Int, ofRows: Bool) -> [Float] {
    precondition(values.count == rows * columns)
    let (side, inner) = ofRows ? (rows, columns) : (columns, rows)
    return matrix(side, side) { target in
      cblas_sgemm(
        CblasRowMajor, ofRows ? CblasNoTrans : CblasTrans, ofRows ? CblasTrans : CblasNoTrans, Int32(side), Int32(side),
        Int32(inner), 1, values, Int32(columns), values, Int32(columns), 0, target, Int32(side))
    }
  }

  private static func matrix(_ rows: Int, _ columns: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    guard rows > 0, columns > 0 else { return [] }
    return [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      // A product may read what it overwrites, even when it is multiplied with zero.
      base.initialize(repeating: 0, count: rows * columns)
      fill(base)
      count = rows * columns
    }
  }
}

import COpenBLAS

/// A row-major matrix that somebody else owns.
struct MatrixView {
  var values: UnsafePointer<Float>
  /// Elements from one row to the next.
  var rowStride: Int
  /// The product takes the matrix's transpose.
  var isTransposed = false
}

enum MatrixMultiplication {
  /// `output = a · b + beta · output` with `a` `[rows, inner]` and `b` `[inner, columns]` after their transposes.
  /// - Precondition: all sizes fit in `Int32`.
  static func run(
    _ a: MatrixView, _ b: MatrixView, rows: Int, columns: Int, inner: Int, beta: Float = 0,
    into output: UnsafeMutablePointer<Float>, outputRowStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      Int32(rows), Int32(columns), Int32(inner), 1, a.values, Int32(a.rowStride), b.values, Int32(b.rowStride), beta,
      output, Int32(outputRowStride))
  }
}

internal import Synchronization

/// What brings a row's product with a query to the cosine of their embeddings, `product * factor - withMean * centering`,
/// where `withMean` is the query's product with the mean.
struct RowFactors {
  /// 1 over the length of the sum of the row's views, and over that of what is left without the mean.
  var factor: Float
  /// 1 over the length of what is left without the mean; 0 where there is no mean.
  var centering: Float

  /// - Parameters:
  ///   - scale: 1 over the length of the sum of the row's views.
  ///   - withMean: the product of the row, at length 1, and the mean.
  ///   - meanSquare: that of the mean with itself.
  init(scale: Float, withMean: Float, meanSquare: Float) {
    // The square of the length of what is left.
    let rest = 1 - 2 * withMean + meanSquare
    centering = rest > 1e-12 ? 1 / rest.squareRoot() : 0
    factor = scale * centering
  }

  /// Without a mean.
  init(scale: Float) { (factor, centering) = (scale, 0) }

  /// - Parameters:
  ///   - withQuery: the product of the query and the sum of the row's views.
  ///   - withMean: that of the query and the mean.
  func cosine(_ withQuery: Float, withMean: Float) -> Float { withQuery * factor - withMean * centering }
}

/// The factors of a file's rows, which no query changes: the first search that compares all rows keeps them for the
/// next, which then reads nothing of a row but its vectors, for one product instead of two.
final class KnownRowFactors: Sendable {
  private let known: Mutex<[RowFactors]> = Mutex([])

  /// Of the first rows, as many as are known.
  var all: [RowFactors] { known.withLock { $0 } }

  /// Keeps the factors of rows from `row` on, where they go on from those that are known.
  func add(_ factors: [RowFactors], from row: Int) {
    known.withLock { known in
      guard row <= known.count else { return }
      known += factors.dropFirst(known.count - row)
    }
  }
}

internal import Synchronization

/// The products of a file's rows with the mean, which no query changes: the first search that compares all rows keeps
/// them for the next, which then reads every row for one product instead of two.
final class MeanProducts: Sendable {
  private let known: Mutex<[Float]> = Mutex([])

  /// Of the first rows, as many as are known.
  var all: [Float] { known.withLock { $0 } }

  /// Keeps the products of rows from `row` on, where they go on from those that are known.
  func add(_ products: [Float], from row: Int) {
    known.withLock { known in
      guard row <= known.count else { return }
      known += products.dropFirst(known.count - row)
    }
  }
}

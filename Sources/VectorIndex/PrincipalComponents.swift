internal import COpenBLAS

/// The directions in which vectors vary most, and their projection onto them.
///
/// ```swift
/// let components = PrincipalComponents(fitting: vectors, dimension: 1024, count: 2)
/// let places = components.projected(vectors)  // [rows, 2], flattened
/// ```
///
/// The fit is by orthogonal iteration with a Rayleigh–Ritz step (Golub and Van Loan, *Matrix Computations*, 8.2) on the
/// covariance of the dimensions, or on the Gram matrix of the rows where there are fewer of these. It starts from fixed
/// numbers and gives each component the sign that makes its largest number positive, so the same vectors give the same
/// components on the same machine.
public struct PrincipalComponents: Sendable, Equatable {
  /// Numbers in a vector.
  public let dimension: Int
  /// The vectors' mean.
  public let mean: [Float]
  /// `[count, dimension]`, flattened: orthonormal, by falling variance. Where the vectors span fewer directions, the
  /// last ones are any that complete the others.
  public let components: [Float]
  /// Of the vectors along each component.
  public let variances: [Float]
  public var count: Int { variances.count }

  /// More rows than this tell a fit hardly more.
  public static let mostRows = 5_000

  /// Fits components to vectors, of which at most ``mostRows`` are looked at, evenly drawn. Those with numbers that are
  /// not finite are left out.
  /// - Parameters:
  ///   - vectors: `[rows, dimension]`, flattened; another count is a programming error.
  ///   - dimension: numbers in a vector.
  ///   - count: how many components; no more than the dimension are given.
  public init(fitting vectors: [Float], dimension: Int, count: Int) {
    precondition(dimension > 0 && vectors.count.isMultiple(of: dimension) && count >= 0)
    self.dimension = dimension
    let sample = CenteredSample(vectors, dimension: dimension, limit: Self.mostRows)
    mean = sample.mean
    (components, variances) = sample.principalComponents(min(count, dimension))
  }

  /// Vectors as places along the components: `[rows, count]`, flattened.
  /// - Parameter vectors: `[rows, dimension]`, flattened; another count is a programming error.
  public func projected(_ vectors: [Float]) -> [Float] {
    precondition(vectors.count.isMultiple(of: dimension), "\(vectors.count) numbers in vectors of \(dimension)")
    let rows = vectors.count / dimension
    guard count > 0, rows > 0 else { return [] }
    // The mean is taken away before the products, so that equal vectors at the mean are at zero exactly.
    let centered = CenteredSample.subtracting(mean, from: vectors)
    return MatrixMath.product(centered, components, rows: rows, columns: count, inner: dimension, transposesRight: true)
  }
}

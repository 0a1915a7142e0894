internal import CHNSW

/// The first principal components of unit vectors that are centred already, as a linear map.
///
/// ```swift
/// let projection = Projection(fitting: sample, dimension: 1024)
/// let short = projection.projected(embeddings)  // [rows, 128], flattened
/// ```
///
/// Nothing is subtracted when vectors are projected: a cosine is about the origin.
public struct Projection: Sendable, Equatable {
  /// Numbers in a vector.
  public let dimension: Int
  /// `[count, dimension]`, flattened: orthonormal, by falling variance.
  public let components: [Float]
  /// Numbers in a projected vector.
  public var count: Int { components.count / dimension }

  /// Rows that are multiplied at once.
  private static let block = 4_096

  /// Fits components to vectors, of which at most ``PrincipalComponents/mostRows`` are looked at, evenly drawn.
  /// - Parameters:
  ///   - sample: `[rows, dimension]`, flattened; another count is a programming error.
  ///   - dimension: numbers in a vector.
  ///   - count: how many components; no more than the dimension are given.
  public init(fitting sample: [Float], dimension: Int, count: Int = 128) {
    precondition(dimension > 0 && sample.count.isMultiple(of: dimension))
    self.dimension = dimension
    // About the origin, since that is where the cosines are about that the projection is to keep.
    let drawn = CenteredSample(sample, dimension: dimension, limit: PrincipalComponents.mostRows, aboutOrigin: true)
    components = drawn.principalComponents(min(max(1, count), dimension)).components
  }

  /// Components from a file.
  /// - Parameters:
  ///   - components: `[count, dimension]`, flattened.
  ///   - dimension: numbers in a vector.
  /// - Throws: `damaged` unless the numbers are finite and the components of length 1 and at right angles to each other,
  ///   but for rounding; so that what a projection makes of a vector is never longer than the vector.
  public init(components: [Float], dimension: Int) throws(VectorIndexError) {
    guard dimension > 0, !components.isEmpty, components.count.isMultiple(of: dimension),
      components.count / dimension <= dimension
    else {
      throw VectorIndexError(
        code: .damaged, reason: "\(components.count) numbers are not components of vectors of \(dimension)")
    }
    let count = components.count / dimension
    guard Self.areOrthonormal(components, count: count, dimension: dimension) else {
      throw VectorIndexError(code: .damaged, reason: "the components are not orthonormal")
    }
    self.dimension = dimension
    self.components = components
  }

  private static func areOrthonormal(_ components: [Float], count: Int, dimension: Int) -> Bool {
    components.withUnsafeBufferPointer { rows in
      guard let base = rows.baseAddress else { return false }
      var products = [Float](repeating: 0, count: count)
      return (0..<count).allSatisfy { row in
        // OpenBLAS would wake other threads, which then look for work for as long as a search takes.
        kindred_dots(base, row + 1, dimension, base + row * dimension, &products)
        // False for what is not a number.
        return products[..<row].allSatisfy { abs($0) <= 1e-3 } && abs(products[row] - 1) <= 1e-3
      }
    }
  }

  /// Vectors along the components: `[rows, count]`, flattened.
  /// - Parameter vectors: `[rows, dimension]`, flattened; another count is a programming error.
  public func projected(_ vectors: [Float]) -> [Float] {
    precondition(vectors.count.isMultiple(of: dimension), "\(vectors.count) numbers in vectors of \(dimension)")
    let rows = vectors.count / dimension
    guard rows > Self.block else { return projectedBlock(vectors, rows: rows) }
    var result: [Float] = []
    result.reserveCapacity(rows * count)
    for first in stride(from: 0, to: rows, by: Self.block) {
      let end = min(rows, first + Self.block)
      result += projectedBlock(Array(vectors[first * dimension..<end * dimension]), rows: end - first)
    }
    return result
  }

  private func projectedBlock(_ vectors: [Float], rows: Int) -> [Float] {
    // OpenBLAS would pack the components, and wake other threads.
    if rows == 1 {
      return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        kindred_dots(components, count, dimension, vectors, buffer.baseAddress)
        initialized = count
      }
    }
    return product(vectors, rows: rows)
  }

  private func product(_ vectors: [Float], rows: Int) -> [Float] {
    MatrixMath.product(vectors, components, rows: rows, columns: count, inner: dimension, transposesRight: true)
  }
}

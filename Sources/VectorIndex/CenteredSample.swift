internal import COpenBLAS

/// Vectors less their mean, or about the origin, from which principal components are computed.
struct CenteredSample {
  let dimension: Int
  let rows: Int
  let mean: [Float]
  /// `[rows, dimension]`.
  private let values: [Float]

  /// - Parameters:
  ///   - vectors: `[rows, dimension]`, flattened.
  ///   - limit: how many rows are taken, evenly drawn.
  ///   - aboutOrigin: whether the mean is taken to be zero.
  init(_ vectors: [Float], dimension: Int, limit: Int, aboutOrigin: Bool = false) {
    self.dimension = dimension
    let total = vectors.count / dimension
    let sample = Self.finite(vectors, dimension: dimension, rows: (0..<total).evenlyDrawn(limit))
    rows = sample.count / dimension
    mean = aboutOrigin ? [Float](repeating: 0, count: dimension) : Self.mean(of: sample, dimension: dimension)
    values = aboutOrigin ? sample : Self.subtracting(mean, from: sample)
  }

  /// Those of the vectors whose numbers are finite.
  /// - Parameter rows: which of them are looked at, ascending; all when `nil`.
  static func finite(_ vectors: [Float], dimension: Int, rows: [Int]? = nil) -> [Float] {
    let total = vectors.count / dimension
    let usable = vectors.withUnsafeBufferPointer { buffer -> [Int] in
      guard let base = buffer.baseAddress else { return [] }
      return (rows ?? Array(0..<total)).filter { cblas_sasum(Int32(dimension), base + $0 * dimension, 1).isFinite }
    }
    guard usable.count < total else { return vectors }
    var sample: [Float] = []
    sample.reserveCapacity(usable.count * dimension)
    for row in usable { sample += vectors[row * dimension..<(row + 1) * dimension] }
    return sample
  }

  private static func mean(of vectors: [Float], dimension: Int) -> [Float] {
    let rows = vectors.count / dimension
    guard rows > 0 else { return [Float](repeating: 0, count: dimension) }
    // Differences from the first row are summed: equal rows have exactly themselves as their mean.
    let first = Array(vectors[..<dimension])
    let differences = subtracting(first, from: vectors)
    let share = [Float](repeating: 1 / Float(rows), count: rows)
    let offset = MatrixMath.product(
      share, differences, rows: 1, columns: dimension, inner: rows, transposesRight: false)
    var mean = first
    mean.withUnsafeMutableBufferPointer { mean in
      if let mean = mean.baseAddress { cblas_saxpy(Int32(dimension), 1, offset, 1, mean, 1) }
    }
    return mean
  }

  /// Every row less another vector.
  static func subtracting(_ vector: [Float], from vectors: [Float]) -> [Float] {
    var result = vectors
    result.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for start in stride(from: 0, to: buffer.count, by: vector.count) {
        cblas_saxpy(Int32(vector.count), -1, vector, 1, base + start, 1)
      }
    }
    return result
  }

  /// Components `[count, dimension]` and the variance along each.
  func principalComponents(_ count: Int) -> (components: [Float], variances: [Float]) {
    guard count > 0 else { return ([], []) }
    var found = OrthonormalRows(length: dimension)
    var variances: [Float] = []
    if rows > 1 {
      // The smaller of the two matrices has the same eigenvalues.
      let usesGram = rows < dimension
      let side = min(rows, dimension)
      let matrix = MatrixMath.selfProduct(values, rows: rows, columns: dimension, ofRows: usesGram)
      let pairs = SymmetricEigen.largest(matrix, side: side, count: min(count, side))
      let greatest = pairs.values.first ?? 0
      var vectors = pairs.vectors
      if usesGram {
        vectors = MatrixMath.product(
          vectors, values, rows: pairs.values.count, columns: dimension, inner: rows, transposesRight: false)
      }
      for (index, value) in pairs.values.enumerated() {
        // What is below the precision of the products is no direction of the data.
        guard value > greatest * 1e-6, value > .leastNormalMagnitude,
          found.append(Array(vectors[index * dimension..<(index + 1) * dimension]))
        else { break }
        variances.append(value / Float(rows - 1))
      }
    }
    found.complete(to: count)
    variances += [Float](repeating: 0, count: count - variances.count)
    return (found.rows(withPositiveLargest: true), variances)
  }
}

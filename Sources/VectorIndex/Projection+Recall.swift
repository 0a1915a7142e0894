internal import CHNSW

extension Projection {
  /// The share of the nearest vectors that are among the candidates by signed-byte codes of the projected vectors: what
  /// a search that compares all codes, and then the first candidates exactly, finds of what exact search does. It tells
  /// whether so few components do for vectors like these.
  ///
  /// Queries are drawn evenly from the sample, and are not neighbours of themselves.
  /// - Parameters:
  ///   - sample: `[rows, dimension]`, flattened, of length 1; another count is a programming error. Not the rows that
  ///     the projection was fitted to, if there are others.
  ///   - candidates: how many are compared exactly.
  ///   - top: how many nearest vectors should be among them.
  ///   - queries: how many queries at most.
  /// - Returns: 0…1; 1 when there is nothing to be found.
  public func candidateRecall(
    sample: [Float], candidates: Int = 40, top: Int = 10, queries: Int = 500
  ) -> Double {
    precondition(sample.count.isMultiple(of: dimension), "\(sample.count) numbers in vectors of \(dimension)")
    let rows = sample.count / dimension
    let codes = Self.decoded(projected(sample), dimension: count)
    var wanted = 0
    var found = 0
    let asked = (0..<rows).evenlyDrawn(queries)
    for first in stride(from: 0, to: asked.count, by: 64) {
      let block = Array(asked[first..<min(asked.count, first + 64)])
      let exact = Self.nearest(block, of: sample, dimension: dimension, top: top)
      let near = Self.nearest(block, of: codes, dimension: count, top: candidates)
      for (truth, offered) in zip(exact, near) {
        wanted += truth.count
        found += truth.intersection(offered).count
      }
    }
    return wanted == 0 ? 1 : Double(found) / Double(wanted)
  }

  /// Vectors as they are after coding, of length 1.
  private static func decoded(_ vectors: [Float], dimension: Int) -> [Float] {
    var result = vectors
    var code = [Int8](repeating: 0, count: dimension)
    result.withUnsafeMutableBufferPointer { buffer in
      for start in stride(from: 0, to: buffer.count, by: dimension) {
        let row = UnsafeMutableBufferPointer(rebasing: buffer[start..<start + dimension])
        let inverse = kindred_int8_encode(row.baseAddress, dimension, &code)
        for index in row.indices { row[index] = Float(code[index]) * inverse }
      }
    }
    return result
  }

  /// For each query the rows with the greatest dot products, without its own.
  private static func nearest(_ queries: [Int], of vectors: [Float], dimension: Int, top: Int) -> [Set<UInt32>] {
    let rows = vectors.count / dimension
    let asked = queries.flatMap { vectors[$0 * dimension..<($0 + 1) * dimension] }
    let scores = MatrixMath.product(
      asked, vectors, rows: queries.count, columns: rows, inner: dimension, transposesRight: true)
    // One more, for the query itself.
    let wanted = min(max(0, top), rows - 1) + 1
    return queries.enumerated().map { index, query in
      var heap = [kindred_neighbor](repeating: kindred_neighbor(), count: wanted)
      var size = 0
      scores.withUnsafeBufferPointer { scores in
        guard let base = scores.baseAddress else { return }
        kindred_select_top(&heap, &size, wanted, base + index * rows, nil, 0, rows)
      }
      kindred_select_finish(&heap, size)
      return Set(heap.prefix(size).map(\.row).filter { $0 != UInt32(query) }.prefix(wanted - 1))
    }
  }
}

internal import COpenBLAS

extension EmbeddingRows {
  /// Cosines of rows with a query, in the order of `rows`.
  /// - Parameters:
  ///   - query: one L2-normalised embedding; another dimension is a programming error.
  ///   - rows: numbers of rows, all below ``rowCount``.
  public func scores(of query: [Float], rows: [Int]) -> [Float] {
    precondition(query.count == dimension, "\(query.count) numbers in an embedding of \(dimension)")
    var scores: [Float] = []
    scores.reserveCapacity(rows.count)
    withUnsafeComposer { $0.scores(rows, query: query, into: &scores) }
    return scores
  }

  /// The `top` rows with the greatest cosine with `query`, best first, by comparing all.
  ///
  /// Equal scores are in the order of rows. A row whose score is not a number is left out, and so is a number in `rows`
  /// that is not below ``rowCount``.
  /// - Parameters:
  ///   - query: one L2-normalised embedding of ``dimension`` numbers; another count is a programming error.
  ///   - top: how many rows at most.
  ///   - rows: the rows to compare, ascending; all when `nil`.
  public func exactNeighbors(of query: [Float], top: Int, among rows: [Int]? = nil) -> [Neighbor] {
    precondition(query.count == dimension, "\(query.count) numbers in an embedding of \(dimension)")
    if isPlain { return features.exactNeighbors(of: query, top: top, among: rows) }
    return withUnsafeComposer { composer in
      let chosen = rows.map { $0.filter { (0..<composer.rowCount).contains($0) } }
      let candidates = chosen?.count ?? composer.rowCount
      let top = min(max(top, 0), candidates)
      guard top > 0 else { return [] }
      var best = BestNeighbors(top: top)
      var scores: [Float] = []
      for first in stride(from: 0, to: candidates, by: 4096) {
        let range = first..<min(first + 4096, candidates)
        scores.removeAll(keepingCapacity: true)
        if let chosen {
          composer.scores(chosen[range], query: query, into: &scores)
        } else {
          composer.scores(range, query: query, into: &scores)
        }
        scores.withUnsafeBufferPointer {
          best.offer($0, rows: chosen.map { ArraySlice($0[range].map(UInt32.init)) }, firstRow: first)
        }
      }
      return best.sorted()
    }
  }

  /// The `top` rows for each of many queries. Queries and rows are compared in blocks, so memory stays small.
  /// - Parameters:
  ///   - queries: `[queries, dimension]`, flattened, L2-normalised.
  ///   - top: how many rows at most for each.
  ///   - rows: the rows to compare, ascending; all when `nil`.
  /// - Returns: a list for each query, as ``exactNeighbors(of:top:among:)`` returns it.
  public func exactNeighbors(ofBatch queries: [Float], top: Int, among rows: [Int]? = nil) -> [[Neighbor]] {
    precondition(queries.count.isMultiple(of: dimension), "\(queries.count) numbers in embeddings of \(dimension)")
    if isPlain { return features.exactNeighbors(ofBatch: queries, top: top, among: rows) }
    let count = queries.count / dimension
    return withUnsafeComposer { composer in
      let chosen = rows.map { $0.filter { (0..<composer.rowCount).contains($0) } }
      let candidates = chosen?.count ?? composer.rowCount
      let top = min(max(top, 0), candidates)
      guard top > 0, count > 0 else { return [[Neighbor]](repeating: [], count: count) }
      // Rows are composed once for all queries, a block at a time.
      var best = (0..<count).map { _ in BestNeighbors(top: top) }
      let rowBlock = min(512, candidates)
      var block = [Float](repeating: 0, count: rowBlock * dimension)
      let queryBlock = min(count, 256)
      var scores = [Float](repeating: 0, count: queryBlock * rowBlock)
      for first in stride(from: 0, to: candidates, by: rowBlock) {
        let range = first..<min(first + rowBlock, candidates)
        block.withUnsafeMutableBufferPointer { block in
          guard let target = block.baseAddress else { return }
          for place in range {
            composer.compose(chosen?[place] ?? place, into: target + (place - first) * dimension)
          }
        }
        for firstQuery in stride(from: 0, to: count, by: queryBlock) {
          let queryCount = min(queryBlock, count - firstQuery)
          multiply(queries, firstQuery, queryCount, block, range.count, &scores)
          scores.withUnsafeBufferPointer { scores in
            for query in 0..<queryCount {
              let line = UnsafeBufferPointer(rebasing: scores[query * range.count..<(query + 1) * range.count])
              best[firstQuery + query].offer(
                line, rows: chosen.map { ArraySlice($0[range].map(UInt32.init)) }, firstRow: first)
            }
          }
        }
      }
      return best.map { $0.sorted() }
    }
  }

  /// Whether rows are embeddings as they are.
  private var isPlain: Bool { layout.numbers == .float32 && composition.mean == nil }

  private func multiply(
    _ queries: [Float], _ firstQuery: Int, _ queryCount: Int, _ block: [Float], _ rowCount: Int, _ scores: inout [Float]
  ) {
    let columns = Int32(dimension)
    queries.withUnsafeBufferPointer { queries in
      guard let queries = queries.baseAddress else { return }
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(queryCount), Int32(rowCount), columns, 1,
        queries + firstQuery * dimension, columns, block, columns, 0, &scores, Int32(rowCount))
    }
  }
}

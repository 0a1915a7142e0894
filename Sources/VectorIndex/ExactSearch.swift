internal import CHNSW
internal import COpenBLAS

extension FeatureFile {
  /// The `top` rows with the greatest dot product with `query`, best first, by comparing all through OpenBLAS.
  ///
  /// Equal scores are in the order of rows. A row whose score is not a number is left out, and so is a number in `rows`
  /// that is not below ``rowCount``.
  /// - Parameters:
  ///   - query: one L2-normalised vector of ``dimension`` numbers; another count is a programming error.
  ///   - top: how many rows at most.
  ///   - rows: the rows to compare, ascending; all when `nil`.
  public func exactNeighbors(of query: [Float], top: Int, among rows: [Int]? = nil) -> [Neighbor] {
    precondition(query.count == dimension, "\(query.count) numbers in a vector of \(dimension)")
    return exactNeighbors(ofBatch: query, top: top, among: rows).first ?? []
  }

  /// The `top` rows for each of many queries. Queries and rows are compared in blocks, so memory stays small.
  /// - Parameters:
  ///   - queries: `[queries, dimension]`, flattened.
  ///   - top: how many rows at most for each.
  ///   - rows: the rows to compare, ascending; all when `nil`.
  /// - Returns: a list for each query, as ``exactNeighbors(of:top:among:)`` returns it.
  public func exactNeighbors(ofBatch queries: [Float], top: Int, among rows: [Int]? = nil) -> [[Neighbor]] {
    precondition(queries.count.isMultiple(of: dimension), "\(queries.count) numbers in vectors of \(dimension)")
    return queries.withUnsafeBufferPointer { queries in
      withUnsafeRows { base, rowCount in
        guard let start = queries.baseAddress else { return [] }
        return search(base, rowCount: rowCount, queries: start, count: queries.count / dimension, top: top, among: rows)
      }
    }
  }

  private func search(
    _ base: UnsafePointer<Float>, rowCount: Int, queries: UnsafePointer<Float>, count: Int, top: Int, among rows: [Int]?
  ) -> [[Neighbor]] {
    let chosen = rows.map { $0.filter { (0..<rowCount).contains($0) }.map(UInt32.init) }
    let candidates = chosen?.count ?? rowCount
    let top = min(max(top, 0), candidates)
    guard top > 0 && count > 0 else { return [[Neighbor]](repeating: [], count: count) }

    // A block of scores fits the processor's cache; gathered rows are copied, so there are fewer of them.
    let queryBlock = min(count, 128)
    let rowBlock = chosen == nil ? (queryBlock == 1 ? 32_768 : 4096) : 512
    var gathered = [Float](repeating: 0, count: chosen == nil ? 0 : min(rowBlock, candidates) * dimension)
    var scores = [Float](repeating: 0, count: queryBlock * min(rowBlock, candidates))
    var results: [[Neighbor]] = []
    results.reserveCapacity(count)
    for firstQuery in stride(from: 0, to: count, by: queryBlock) {
      let queryCount = min(queryBlock, count - firstQuery)
      var best = (0..<queryCount).map { _ in BestNeighbors(top: top) }
      for first in stride(from: 0, to: candidates, by: rowBlock) {
        let blockCount = min(rowBlock, candidates - first)
        if let chosen {
          gather(chosen[first..<first + blockCount], from: base, into: &gathered)
          compare(queries + firstQuery * dimension, queryCount, with: gathered, blockCount, into: &scores)
        } else {
          compare(
            queries + firstQuery * dimension, queryCount, with: base + first * dimension, blockCount, into: &scores)
        }
        scores.withUnsafeBufferPointer { scores in
          for query in 0..<queryCount {
            let row = UnsafeBufferPointer(rebasing: scores[query * blockCount..<(query + 1) * blockCount])
            best[query].offer(row, rows: chosen?[first..<first + blockCount], firstRow: first)
          }
        }
      }
      results.append(contentsOf: best.map { $0.sorted() })
    }
    return results
  }

  private func gather(_ rows: ArraySlice<UInt32>, from base: UnsafePointer<Float>, into block: inout [Float]) {
    block.withUnsafeMutableBufferPointer { block in
      guard var destination = block.baseAddress else { return }
      for row in rows {
        destination.update(from: base + Int(row) * dimension, count: dimension)
        destination += dimension
      }
    }
  }

  /// `scores[q, r] = queries[q] · rows[r]`.
  private func compare(
    _ queries: UnsafePointer<Float>, _ queryCount: Int, with rows: UnsafePointer<Float>, _ rowCount: Int,
    into scores: inout [Float]
  ) {
    let (columns, height) = (Int32(dimension), Int32(rowCount))
    scores.withUnsafeMutableBufferPointer { scores in
      if queryCount == 1 {
        cblas_sgemv(
          CblasRowMajor, CblasNoTrans, height, columns, 1, rows, columns, queries, 1, 0, scores.baseAddress, 1)
      } else {
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, Int32(queryCount), height, columns, 1, queries, columns, rows,
          columns, 0, scores.baseAddress, height)
      }
    }
  }
}

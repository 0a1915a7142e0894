internal import CHNSW
internal import COpenBLAS

/// Reads rows of a mapped feature file as embeddings.
struct RowComposer {
  let rows: EmbeddingRows
  let base: UnsafeRawPointer
  let rowCount: Int

  private var layout: RowLayout { rows.layout }

  private func stored(_ index: Int) -> StoredRow {
    precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
    return StoredRow(base: base + index * layout.rowBytes, layout: layout)
  }

  private func vector(_ index: Int) -> UnsafePointer<Float> {
    precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
    return (base + index * layout.rowBytes).assumingMemoryBound(to: Float.self)
  }

  /// 1 over the length of the views' sum.
  private func scale(_ row: StoredRow) -> Float {
    var square: Float = 0
    for first in rows.composition.views {
      for second in rows.composition.views { square += row.product(first, second) }
    }
    return square > 0 ? 1 / square.squareRoot() : 0
  }

  /// The numbers of an embedding that a row's classes make, but for the length that it is brought to.
  private func forEachClass(_ row: StoredRow, _ body: (Int, Float) -> Void) {
    let views = rows.composition.views
    withUnsafeTemporaryAllocation(of: Float.self, capacity: layout.classCount) { sums in
      sums.initialize(repeating: 0)
      for view in views {
        row.forEachClass(ofView: view) { index, probability in sums[index] += probability }
      }
      for view in views {
        row.forEachClass(ofView: view) { index, _ in
          // Once, though several views may have it.
          guard sums[index] > 0 else { return }
          body(index, rows.composition.classWeight * (sums[index] / Float(views.count)).squareRoot())
          sums[index] = 0
        }
      }
    }
  }

  /// Appends the scores of rows, in their order.
  func scores(_ indices: some RandomAccessCollection<Int>, query: [Float], into scores: inout [Float]) {
    withPrepared(query) { query in
      guard readsVectorsOnly else { return scoreEach(indices, query, into: &scores) }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: indices.count) { places in
        guard let start = places.baseAddress else { return }
        for (place, index) in zip(0..., indices) {
          precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
          places.initializeElement(at: place, to: UInt32(index))
        }
        withProducts(from: base, start, count: indices.count, query, mean: query.mean) { withQuery, withMean in
          for (place, index) in zip(0..., indices) {
            let factors = factors(stored(index), sumWithMean: withMean[place])
            scores.append(factors.cosine(withQuery[place], withMean: query.withMean))
          }
        }
      }
    }
  }

  /// Appends the scores of rows that follow one another.
  func scores(_ range: Range<Int>, query: [Float], into scores: inout [Float]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
    withPrepared(query) { query in
      guard readsVectorsOnly else { return scoreEach(range, query, into: &scores) }
      let known = rows.knownFactors.all
      var added: [RowFactors] = []
      // What was read of a block is still near when its products become scores.
      for first in stride(from: range.lowerBound, to: range.upperBound, by: 128) {
        let block = first..<min(first + 128, range.upperBound)
        let isKnown = block.upperBound <= known.count
        let start = base + first * layout.rowBytes
        withProducts(from: start, nil, count: block.count, query, mean: isKnown ? nil : query.mean) {
          withQuery, withMean in
          if isKnown {
            known.withUnsafeBufferPointer { known in
              for index in block {
                scores.append(known[index].cosine(withQuery[index - first], withMean: query.withMean))
              }
            }
          } else {
            for index in block {
              let factors = factors(stored(index), sumWithMean: withMean[index - first])
              scores.append(factors.cosine(withQuery[index - first], withMean: query.withMean))
              added.append(factors)
            }
          }
        }
      }
      if !added.isEmpty { rows.knownFactors.add(added, from: range.upperBound - added.count) }
    }
  }

  private func scoreEach(_ indices: some Sequence<Int>, _ query: PreparedQuery, into scores: inout [Float]) {
    for index in indices { scores.append(score(index, query)) }
  }

  /// Whether scores are made of the products of the rows' vectors alone.
  private var readsVectorsOnly: Bool { layout.numbers == .float16 && !rows.usesClasses }

  private func withPrepared(_ query: [Float], _ body: (PreparedQuery) -> Void) {
    query.withUnsafeBufferPointer { query in
      guard let query = query.baseAddress else { return }
      guard let mean = rows.composition.mean else { return body(PreparedQuery(query: query, mean: nil, withMean: 0)) }
      mean.withUnsafeBufferPointer { mean in
        guard let mean = mean.baseAddress else { return }
        let withMean = cblas_sdot(Int32(rows.dimension), query, 1, mean, 1)
        body(PreparedQuery(query: query, mean: mean, withMean: withMean))
      }
    }
  }

  /// Calls `body` with the products of the sums of rows' views with the query, and with the mean where it is given:
  /// those of many rows are one call. Rows have no classes.
  /// - Parameters:
  ///   - start: the row that `places` count from.
  ///   - places: the rows; `count` that follow one another where it is `nil`.
  private func withProducts(
    from start: UnsafeRawPointer, _ places: UnsafePointer<UInt32>?, count: Int, _ query: PreparedQuery,
    mean: UnsafePointer<Float>?,
    _ body: (_ withQuery: UnsafeMutablePointer<Float>, _ withMean: UnsafeMutablePointer<Float>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * count) { products in
      guard count > 0, let products = products.baseAddress else { return }
      products.initialize(repeating: 0, count: 4 * count)
      let (withQuery, withMean) = (products, products + count)
      for (turn, view) in rows.composition.views.enumerated() {
        // Of the first view at once to their place.
        let (one, two) = turn == 0 ? (withQuery, withMean) : (products + 2 * count, products + 3 * count)
        let vectors = start + layout.vectorsOffset + view * layout.dimension * 2
        kindred_half_dots2(vectors, layout.rowBytes, places, count, query.query, mean, layout.dimension, one, two)
        guard turn > 0 else { continue }
        for place in 0..<count {
          withQuery[place] += one[place]
          withMean[place] += two[place]
        }
      }
      body(withQuery, withMean)
    }
  }

  /// - Parameter sumWithMean: the product of the mean and the sum of the row's views.
  private func factors(_ row: StoredRow, sumWithMean: Float) -> RowFactors {
    let scale = scale(row)
    guard rows.composition.mean != nil else { return RowFactors(scale: scale) }
    return RowFactors(scale: scale, withMean: scale * sumWithMean, meanSquare: rows.meanSquare)
  }

  /// Writes a row's embedding, L2-normalised, to `target`, which has room for it.
  func compose(_ index: Int, into target: UnsafeMutablePointer<Float>) {
    let count = Int32(rows.dimension)
    if layout.numbers == .float32 {
      target.update(from: vector(index), count: rows.dimension)
      if rows.composition.mean == nil { return }
    } else {
      let row = stored(index)
      let views = rows.composition.views
      let vectorCount = Int32(layout.dimension)
      kindred_float_from_half(row.halves(ofView: views[0]), target, layout.dimension)
      if views.count > 1 {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: layout.dimension) { other in
          guard let other = other.baseAddress else { return }
          for view in views.dropFirst() {
            kindred_float_from_half(row.halves(ofView: view), other, layout.dimension)
            cblas_saxpy(vectorCount, 1, other, 1, target, 1)
          }
        }
      }
      if rows.usesClasses {
        EmbeddingRows.normalize(target, count: layout.dimension)
        (target + layout.dimension).update(repeating: 0, count: layout.classCount)
        forEachClass(row) { target[layout.dimension + $0] = $1 }
      }
      EmbeddingRows.normalize(target, count: rows.dimension)
    }
    if let mean = rows.composition.mean {
      cblas_saxpy(count, -1, mean, 1, target, 1)
      EmbeddingRows.normalize(target, count: rows.dimension)
    }
  }

  /// The cosine of a row's embedding with a query.
  func score(_ index: Int, _ query: PreparedQuery) -> Float {
    var withQuery: Float = 0
    var withMean: Float = 0
    if layout.numbers == .float32 {
      withQuery = cblas_sdot(Int32(layout.dimension), vector(index), 1, query.query, 1)
      if let mean = query.mean { withMean = cblas_sdot(Int32(layout.dimension), vector(index), 1, mean, 1) }
    } else {
      let row = stored(index)
      let scale = scale(row)
      for view in rows.composition.views {
        var (one, two): (Float, Float) = (0, 0)
        kindred_half_dot2(row.halves(ofView: view), query.query, query.mean, layout.dimension, &one, &two)
        withQuery += scale * one
        withMean += scale * two
      }
      if rows.usesClasses {
        var square: Float = 1
        let (query, mean) = (query.query + layout.dimension, query.mean.map { $0 + layout.dimension })
        forEachClass(row) { index, value in
          withQuery += value * query[index]
          if let mean { withMean += value * mean[index] }
          square += value * value
        }
        withQuery /= square.squareRoot()
        withMean /= square.squareRoot()
      }
    }
    guard query.mean != nil else { return withQuery }
    let factors = RowFactors(scale: 1, withMean: withMean, meanSquare: rows.meanSquare)
    return factors.cosine(withQuery, withMean: query.withMean)
  }
}

/// A query whose pointers are good for the time of one search.
struct PreparedQuery {
  let query: UnsafePointer<Float>
  let mean: UnsafePointer<Float>?
  /// The product of both.
  let withMean: Float
}

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
      for second in rows.composition.views {
        square += row.product(first, second)
      }
    }
    return square > 0 ? 1 / square.squareRoot() : 0
  }

  /// The numbers of an embedding that a row's classes make, but for the length that it is brought to.
  private func forEachClass(_ row: StoredRow, _ body: (Int, Float) -> Void) {
    let views = rows.composition.views
    var sums: [(index: Int, sum: Float)] = []
    sums.reserveCapacity(views.count * layout.keptClasses)
    for view in views {
      row.forEachClass(ofView: view) { index, probability in
        if let place = sums.firstIndex(where: { $0.index == index }) {
          sums[place].sum += probability
        } else {
          sums.append((index, probability))
        }
      }
    }
    for (index, sum) in sums { body(index, rows.composition.classWeight * (sum / Float(views.count)).squareRoot()) }
  }

  /// Scores of rows, in their order.
  func scores(_ indices: some RandomAccessCollection<Int>, query: [Float], into scores: inout [Float]) {
    withPrepared(query) { query in
      guard readsVectorsOnly else {
        for index in indices { scores.append(score(index, query)) }
        return
      }
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: indices.count) { places in
        guard let start = places.baseAddress else { return }
        for (place, index) in zip(0..., indices) {
          precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
          places.initializeElement(at: place, to: UInt32(index))
        }
        scoreViews(from: base, start, count: indices.count, query, into: &scores)
      }
    }
  }

  /// Scores of rows that follow one another.
  func scores(_ range: Range<Int>, query: [Float], into scores: inout [Float]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
    withPrepared(query) { query in
      guard readsVectorsOnly else {
        for index in range { scores.append(score(index, query)) }
        return
      }
      let known = query.mean == nil ? [] : rows.meanProducts.all
      var added: [Float] = []
      // What was read of a block is still near when its rows are brought to their length.
      for first in stride(from: range.lowerBound, to: range.upperBound, by: 128) {
        let count = min(128, range.upperBound - first)
        let start = base + first * layout.rowBytes
        if first + count <= known.count {
          known.withUnsafeBufferPointer {
            scoreViews(from: start, nil, count: count, query, means: $0.baseAddress.map { $0 + first }, into: &scores)
          }
        } else {
          scoreViews(from: start, nil, count: count, query, into: &scores) { added.append($0) }
        }
      }
      if query.mean != nil, !added.isEmpty { rows.meanProducts.add(added, from: range.upperBound - added.count) }
    }
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

  /// Scores of rows of views without classes: the products of many rows with the query and the mean are one call.
  /// - Parameters:
  ///   - start: the row that `places` count from.
  ///   - places: the rows; `count` that follow one another where it is `nil`.
  ///   - means: the products of the rows' embeddings with the mean, where they are known.
  ///   - newMean: told of each where they are not.
  private func scoreViews(
    from start: UnsafeRawPointer, _ places: UnsafePointer<UInt32>?, count: Int, _ query: PreparedQuery,
    means: UnsafePointer<Float>? = nil, into scores: inout [Float], newMean: (Float) -> Void = { _ in }
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * count) { products in
      guard count > 0, let products = products.baseAddress else { return }
      // The sums of all views, and the products of one.
      let (withQuery, withMean) = (products, products + count)
      let (one, two) = (products + 2 * count, products + 3 * count)
      products.initialize(repeating: 0, count: 4 * count)
      for view in rows.composition.views {
        let first = start + layout.vectorsOffset + view * layout.dimension * 2
        kindred_half_dots2(
          first, layout.rowBytes, places, count, query.query, means == nil ? query.mean : nil, layout.dimension, one,
          two)
        for place in 0..<count {
          withQuery[place] += one[place]
          withMean[place] += two[place]
        }
      }
      let views = rows.composition.views
      let product = layout.productsOffset + (views[0] * layout.viewCount - views[0] * (views[0] - 1) / 2) * 4
      for place in 0..<count {
        let row = start + (places.map { Int($0[place]) } ?? place) * layout.rowBytes
        let scale: Float
        if views.count == 1 {
          let square = row.load(fromByteOffset: product, as: Float.self)
          scale = square > 0 ? 1 / square.squareRoot() : 0
        } else {
          scale = self.scale(StoredRow(base: row, layout: layout))
        }
        let mean = means?[place] ?? scale * withMean[place]
        if means == nil { newMean(mean) }
        scores.append(cosine(scale * withQuery[place], mean, query))
      }
    }
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
    return cosine(withQuery, withMean, query)
  }

  /// The cosine of what is left of a vector of length 1 when the mean is taken from it.
  /// - Parameters:
  ///   - withQuery: the product of the vector and the query.
  ///   - withMean: that of the vector and the mean.
  private func cosine(_ withQuery: Float, _ withMean: Float, _ query: PreparedQuery) -> Float {
    guard query.mean != nil else { return withQuery }
    // The square of the length of what is left.
    let rest = 1 - 2 * withMean + rows.meanSquare
    return rest > 1e-12 ? (withQuery - query.withMean) / rest.squareRoot() : 0
  }
}

/// A query whose pointers are good for the time of one search.
struct PreparedQuery {
  let query: UnsafePointer<Float>
  let mean: UnsafePointer<Float>?
  /// The product of both.
  let withMean: Float
}

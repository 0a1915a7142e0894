internal import CHNSW
internal import COpenBLAS

/// The rows of a ``FeatureFile`` as embeddings: what is compared when images are.
///
/// ```swift
/// let embeddings = try EmbeddingRows(features, EmbeddingComposition(views: [0, 1], classWeight: 0.5, mean: mean))
/// let query = embeddings.embedding(of: views)
/// let best = embeddings.exactNeighbors(of: query, top: 10)
/// ```
///
/// Embeddings are made when they are needed, from what the file holds: a row's score is computed from the products of
/// its views with the query and with the mean, without the embedding itself.
public struct EmbeddingRows: Sendable {
  public let features: FeatureFile
  public let composition: EmbeddingComposition
  /// Numbers in an embedding.
  public let dimension: Int
  let meanSquare: Float
  let knownFactors = KnownRowFactors()

  public var rowCount: Int { features.rowCount }
  var layout: RowLayout { features.layout }
  var usesClasses: Bool { composition.classWeight > 0 && layout.classCount > 0 }

  /// - Throws: `invalidArgument` when the file has no such views, or the mean is of another dimension.
  public init(_ features: FeatureFile, _ composition: EmbeddingComposition) throws(VectorIndexError) {
    func invalid(_ reason: String) -> VectorIndexError {
      VectorIndexError(code: .invalidArgument, path: features.path, reason: reason)
    }
    guard !composition.views.isEmpty, composition.views.allSatisfy({ (0..<features.layout.viewCount).contains($0) })
    else {
      throw invalid("its rows have \(features.layout.viewCount) views, not views \(composition.views)")
    }
    guard composition.classWeight.isFinite, composition.classWeight >= 0 else {
      throw invalid("a weight of \(composition.classWeight)")
    }
    dimension = composition.dimension(features.layout)
    if let mean = composition.mean {
      guard mean.count == dimension else { throw invalid("a mean of \(mean.count) numbers for \(dimension)") }
      guard mean.allSatisfy(\.isFinite) else { throw invalid("a mean with numbers that are not finite") }
    }
    self.features = features
    self.composition = composition
    meanSquare = composition.mean.map { cblas_sdot(Int32($0.count), $0, 1, $0, 1) } ?? 0
  }

  /// The embedding of something that is in no row.
  /// - Parameters:
  ///   - views: for each view of the composition one; or one that stands for all of them.
  /// - Returns: L2-normalised; zeros for what is exactly the mean. Where classes count and the views have none, these
  ///   are taken for the mean's, and so decide nothing.
  public func embedding(of views: [ViewFeature]) -> [Float] {
    precondition(
      !views.isEmpty && views.allSatisfy { $0.vector.count == layout.dimension }, "views of another dimension")
    var sum = [Float](repeating: 0, count: dimension)
    for view in views {
      let length = cblas_snrm2(Int32(layout.dimension), view.vector, 1)
      if length > 0 { cblas_saxpy(Int32(layout.dimension), 1 / length, view.vector, 1, &sum, 1) }
    }
    Self.normalize(&sum, count: layout.dimension)
    if usesClasses {
      if views.allSatisfy(\.classes.isEmpty) {
        if let mean = composition.mean {
          sum.replaceSubrange(layout.dimension..., with: mean[layout.dimension...])
          return centered(sum)
        }
      } else {
        for view in views {
          for kept in view.classes.prefix(layout.keptClasses) where (0..<layout.classCount).contains(kept.index) {
            sum[layout.dimension + kept.index] += kept.probability / Float(views.count)
          }
        }
        for index in layout.dimension..<dimension where sum[index] > 0 {
          sum[index] = composition.classWeight * sum[index].squareRoot()
        }
      }
    }
    Self.normalize(&sum, count: dimension)
    return centered(sum)
  }

  /// The embedding of what a row of another file, or of this one, holds.
  /// - Parameter stored: all views of a row, as ``FeatureFile/views(ofRow:)`` gives them.
  public func embedding(ofStored stored: [ViewFeature]) -> [Float] {
    guard stored.count == layout.viewCount else { return embedding(of: stored) }
    return embedding(of: composition.views.map { stored[$0] })
  }

  /// The embedding of a row, L2-normalised. The row must be below ``rowCount``.
  public func row(_ index: Int) -> [Float] { rows([index]) }

  /// The embeddings of rows, `[rows.count, dimension]`, flattened. The rows must be below ``rowCount``.
  public func rows(_ indices: [Int]) -> [Float] {
    var result = [Float](repeating: 0, count: indices.count * dimension)
    withUnsafeComposer { composer in
      result.withUnsafeMutableBufferPointer { result in
        guard let target = result.baseAddress else { return }
        for (place, index) in indices.enumerated() { composer.compose(index, into: target + place * dimension) }
      }
    }
    return result
  }

  /// The mean of rows before any mean is taken away. Damaged rows with numbers that are not finite do not count.
  /// - Parameter indices: one or more rows, all below ``rowCount``.
  public func mean(ofRows indices: [Int]) -> [Float] {
    var plain = composition
    plain.mean = nil
    var sum = [Float](repeating: 0, count: dimension)
    guard !indices.isEmpty, let rows = try? EmbeddingRows(features, plain) else { return sum }
    let share = 1 / Float(indices.count)
    var damaged = 0
    var block = [Float](repeating: 0, count: dimension)
    rows.withUnsafeComposer { composer in
      block.withUnsafeMutableBufferPointer { block in
        guard let base = block.baseAddress else { return }
        for index in indices {
          composer.compose(index, into: base)
          if cblas_snrm2(Int32(dimension), base, 1).isFinite {
            cblas_saxpy(Int32(dimension), share, base, 1, &sum, 1)
          } else {
            damaged += 1
          }
        }
      }
    }
    if damaged > 0, damaged < indices.count {
      cblas_sscal(Int32(dimension), Float(indices.count) / Float(indices.count - damaged), &sum, 1)
    }
    return sum
  }

  private func centered(_ vector: [Float]) -> [Float] {
    guard let mean = composition.mean else { return vector }
    var vector = vector
    cblas_saxpy(Int32(dimension), -1, mean, 1, &vector, 1)
    Self.normalize(&vector, count: dimension)
    return vector
  }

  /// Brings the first `count` numbers of a vector to length 1; zeros and what is not finite stay as they are.
  static func normalize(_ vector: UnsafeMutablePointer<Float>, count: Int) {
    let length = cblas_snrm2(Int32(count), vector, 1)
    if length > 0, length.isFinite { cblas_sscal(Int32(count), 1 / length, vector, 1) }
  }

  /// Calls `body` with what reads rows. It is good within `body`.
  func withUnsafeComposer<Result>(_ body: (RowComposer) throws -> Result) rethrows -> Result {
    try features.withUnsafeRowBytes { base, rowCount in
      try body(RowComposer(rows: self, base: base, rowCount: rowCount))
    }
  }
}

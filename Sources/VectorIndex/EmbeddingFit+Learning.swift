internal import COpenBLAS

extension EmbeddingFit {
  /// Rows that a mean is learnt from.
  private static let mostRowsForMean = 20_000
  /// Rows whose cosines tell how alike any two embeddings are; the median of 50 rows is within 0.01 of that of 500.
  private static let mostRowsForBackground = 500
  /// Numbers of a projected vector.
  private static let projectedDimension = 128
  /// Share of the exact neighbours that the codes' first candidates must hold, or vectors are coded whole.
  private static let leastCandidateRecall = 0.997
  /// Candidates that are compared exactly, as many as an ordinary search compares.
  private static let candidates = 80

  /// What is to be learnt.
  public struct Purpose: Sendable, Equatable {
    /// Whether the mean is taken away.
    public var centers: Bool
    /// Whether there is to be a graph.
    public var codes: Bool

    public init(centers: Bool, codes: Bool) {
      self.centers = centers
      self.codes = codes
    }
  }

  /// Learns from rows, evenly drawn where there are many.
  /// - Parameters:
  ///   - features: the file.
  ///   - composition: how its rows become embeddings; its mean is not looked at.
  ///   - rows: two or more numbers of rows, all below the file's `rowCount`.
  ///   - purpose: what is to be learnt.
  public init(
    learningFrom features: FeatureFile, _ composition: EmbeddingComposition, rows: [Int], purpose: Purpose
  ) throws(VectorIndexError) {
    precondition(rows.count > 1, "one row has no neighbours")
    var composition = composition
    composition.mean = nil
    if purpose.centers {
      composition.mean = try EmbeddingRows(features, composition).mean(ofRows: rows.evenlyDrawn(Self.mostRowsForMean))
    }
    let embeddings = try EmbeddingRows(features, composition)
    let unrelated = Self.medianCosine(
      embeddings.rows(rows.evenlyDrawn(Self.mostRowsForBackground)), embeddings.dimension)
    self.init(rowCount: rows.count, dimension: embeddings.dimension, mean: composition.mean, unrelated: unrelated)
    guard purpose.codes else { return }
    // Rows that are damaged may have numbers that are not finite.
    let sample = CenteredSample.finite(
      embeddings.rows(rows.evenlyDrawn(PrincipalComponents.mostRows)), dimension: dimension)
    guard !sample.isEmpty else {
      codes = .float16
      return
    }
    let projection = Projection(fitting: sample, dimension: dimension, count: Self.projectedDimension)
    // Other rows than those of the fit, where there are.
    let others =
      rows.count > PrincipalComponents.mostRows
      ? CenteredSample.finite(embeddings.rows(Self.others(of: rows)), dimension: dimension) : sample
    if projection.candidateRecall(sample: others, candidates: Self.candidates) >= Self.leastCandidateRecall {
      (codes, self.projection) = (.int8, projection)
    } else {
      codes = .float16
    }
  }

  /// Rows between those that the components are fitted to.
  private static func others(of rows: [Int]) -> [Int] {
    rows.dropFirst().evenlyDrawn(PrincipalComponents.mostRows)
  }

  /// How far the mean of rows is from the one that was learnt: its distance, in lengths of a centred embedding.
  /// - Returns: 0 where no mean is taken away.
  public func drift(of features: FeatureFile, _ composition: EmbeddingComposition, rows: [Int]) throws(VectorIndexError)
    -> Float
  {
    guard let mean, !rows.isEmpty else { return 0 }
    let drawn = rows.evenlyDrawn(Self.mostRowsForMean)
    var plain = composition
    plain.mean = nil
    let present = try EmbeddingRows(features, plain).mean(ofRows: drawn)
    guard present.count == mean.count else { return .infinity }
    var difference = present
    cblas_saxpy(Int32(mean.count), -1, mean, 1, &difference, 1)
    // Embeddings have length 1 before the mean is taken away, so this is their root mean square after it.
    let spread = max(1e-3, 1 - cblas_sdot(Int32(present.count), present, 1, present, 1)).squareRoot()
    return cblas_snrm2(Int32(difference.count), difference, 1) / spread
  }

  /// How far the median cosine of two rows is from the one that was learnt.
  public func shift(of features: FeatureFile, _ composition: EmbeddingComposition, rows: [Int]) throws(VectorIndexError)
    -> Float
  {
    guard rows.count > 1 else { return 0 }
    var centered = composition
    centered.mean = mean
    let embeddings = try EmbeddingRows(features, centered)
    let drawn = rows.evenlyDrawn(Self.mostRowsForBackground)
    return abs(Self.medianCosine(embeddings.rows(drawn), embeddings.dimension) - unrelated)
  }

  /// The median of the cosines of all pairs. Related pairs are few, so they hardly move it.
  private static func medianCosine(_ embeddings: [Float], _ dimension: Int) -> Float {
    let count = embeddings.count / dimension
    let products = MatrixMath.selfProduct(embeddings, rows: count, columns: dimension, ofRows: true)
    var cosines: [Float] = []
    cosines.reserveCapacity(count * (count - 1) / 2)
    for row in 0..<count {
      for column in row + 1..<max(row + 1, count) where products[row * count + column].isFinite {
        cosines.append(products[row * count + column])
      }
    }
    guard !cosines.isEmpty else { return 0 }
    cosines.sort()
    return min(1, max(-1, cosines[cosines.count / 2]))
  }
}

import GRDB
import VectorIndex

extension CollectionWriter {
  /// The dimension of the feature file before the first vector has come.
  static let unknownDimension = 1
  /// Bytes of an entry's metadata.
  public static let largestMetadata = 64 << 10
  /// Lengths outside of these lose too much in single precision to keep a direction.
  private static let lengths: ClosedRange<Float> = 1e-30...1e30

  /// Stores vectors: all of them, or at an error or crash none. The first that a collection gets sets its dimension.
  /// - Returns: their identifiers, in their order.
  /// - Throws: ``KindredError/Code/wrongKind`` in a collection of pictures, ``KindredError/Code/dimensionMismatch`` with
  ///   both lengths, ``KindredError/Code/invalidArgument`` for a vector without direction.
  @discardableResult
  public func insert(_ vectors: [NewVector]) throws -> [Int64] {
    guard collection.kind == .vectors else { throw Collection.wrongKind(collection.directory, has: .images) }
    guard let first = vectors.first else { return [] }
    let isFirst = try collection.moment().rowCount == 0
    let dimension = isFirst ? first.vector.count : features.dimension
    guard FeatureFile.dimensions.contains(dimension) else {
      throw KindredError(
        .invalidArgument, place: "vector 0",
        reason: "\(dimension) numbers; a vector has \(FeatureFile.dimensions.lowerBound) to "
          + "\(FeatureFile.dimensions.upperBound)")
    }
    var norms: [Float] = []
    for (index, item) in vectors.enumerated() {
      guard item.vector.count == dimension else {
        throw KindredError(
          .dimensionMismatch, place: "vector \(index)",
          reason: "the vector has \(item.vector.count) numbers; "
            + (isFirst ? "the first has \(dimension)" : "this collection's have \(dimension)"))
      }
      let norm = VectorMath.norm(item.vector)
      guard Self.lengths.contains(norm) else {
        throw KindredError(
          .invalidArgument, place: "vector \(index)",
          reason: "its length is \(norm); a vector needs a direction and numbers that are finite")
      }
      guard item.metadata.utf8.count <= Self.largestMetadata else {
        throw KindredError(
          .invalidArgument, place: "vector \(index)",
          reason: "its metadata is longer than \(Self.largestMetadata) bytes")
      }
      norms.append(norm)
    }
    if features.dimension != dimension { try begin(dimension: dimension) }

    let firstRow = features.rowCount
    _ = try features.append(zip(vectors, norms).flatMap { VectorMath.normalized($0.vector, norm: $1) })
    try features.synchronize()
    do {
      return try write { db in
        let time = Collection.timestamp()
        var id = try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), -1) FROM content") ?? -1
        let statement = try db.cachedStatement(
          sql: """
            INSERT INTO content (id, metadata, feature_row, feature_norm, feature_checksum, added)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        var ids: [Int64] = []
        for (index, item) in vectors.enumerated() {
          id += 1
          let row = firstRow + index
          try statement.execute(arguments: [
            id, item.metadata, row, Double(norms[index]), Int64(features.checksum(ofRow: row)), time,
          ])
          ids.append(id)
        }
        try Self.setProperty(db, "row_count", firstRow + vectors.count)
        try Self.advanceGeneration(db)
        return ids
      }
    } catch {
      try? features.truncate(toRows: firstRow)
      throw error
    }
  }

  /// Puts a feature file of the right dimension in the place of the one that a collection is made with.
  private func begin(dimension: Int) throws {
    let next = segment + 1
    let path = collection.files.features(next)
    let fresh = try FeatureFile.create(path: path, dimension: dimension)
    try fresh.synchronize()
    try write { try Self.setProperty($0, "segment", next) }
    let old = collection.files.features(segment)
    adopt(features: fresh, segment: next)
    removeFile(old)
  }
}

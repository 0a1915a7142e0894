import Foundation
import GRDB

/// A vector to be stored.
public struct NewVector: Sendable, Equatable {
  /// Of any length but zero; its direction is what searches compare.
  public var vector: [Float]
  /// A JSON value, in its text.
  public var metadata: String

  public init(vector: [Float], metadata: String) {
    self.vector = vector
    self.metadata = metadata
  }
}

/// One vector's entry in a collection of vectors.
public struct VectorRecord: Sendable, Equatable {
  /// The first is 0, each further one is one more.
  public var id: Int64
  /// A JSON value, in its text.
  public var metadata: String
}

/// An entry that was found.
public struct VectorHit: Sendable, Equatable {
  public var record: VectorRecord
  /// Cosine with the query; for words, the share of them that the metadata holds.
  public var score: Float
}

extension Collection {
  /// Entries by their identifiers, in the order asked, with the vectors as they were given but for rounding.
  /// - Throws: ``KindredError/Code/unknownEntry`` for an identifier that is not there.
  public func vectors(ids: [Int64]) throws -> [(vector: [Float], record: VectorRecord)] {
    guard kind == .vectors else { throw Self.wrongKind(directory, has: .images) }
    return try read { db in
      let moment = try moment(db)
      let statement = try db.cachedStatement(
        sql: "SELECT metadata, feature_row, feature_norm FROM content WHERE id = ?")
      return try ids.map { id in
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
          throw KindredError(.unknownEntry, place: "id \(id)", reason: "no entry has this identifier")
        }
        let vector = try feature(at: moment, row: row["feature_row"], norm: row["feature_norm"])
        return (vector, VectorRecord(id: id, metadata: row["metadata"]))
      }
    }
  }

  /// Images by their identifiers, in the order asked, with the features as the network gave them but for rounding.
  /// - Throws: ``KindredError/Code/unknownImage`` for an identifier that is not there.
  public func features(ids: [Int64]) throws -> [(vector: [Float], record: ImageRecord)] {
    _ = try imageModel
    return try read { db in
      let moment = try moment(db)
      return try ids.map { id in
        guard let record = try Self.record(db, id: id) else { throw Self.unknown(id: id) }
        return (try feature(at: moment, row: record.featureRow, norm: record.featureNorm), record)
      }
    }
  }
}

import GRDB
import VectorIndex

/// What one transaction of a search sees of a collection: rows, records, embeddings and scores are of one moment.
struct SearchSnapshot {
  let collection: Collection
  let db: Database
  let moment: Collection.Moment
  /// What the filter lets through; `nil` for everything.
  let allowed: SearchFilter.Allowed?

  func embeddings() throws -> EmbeddingRows { try collection.embeddings(at: moment) }
  func scale() throws -> ScoreScale { try collection.scoreScale(at: moment) }
}

extension Collection {
  /// Runs a search in a transaction of its own, in which the collection's methods that begin one can't be called.
  func withSnapshot<T>(filter: SearchFilter = SearchFilter(), _ body: (SearchSnapshot) throws -> T) throws -> T {
    try read { db in
      try body(
        SearchSnapshot(collection: self, db: db, moment: try moment(db), allowed: try filter.allowed(db)))
    }
  }
}

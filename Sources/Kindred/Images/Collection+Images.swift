import GRDB

extension Collection {
  /// Images in the order of their identifiers, a page at a time.
  /// - Parameters:
  ///   - id: only images with greater identifiers.
  ///   - limit: how many at most.
  ///   - filter: which images.
  public func images(
    after id: Int64 = 0, limit: Int, filter: SearchFilter = SearchFilter()
  ) throws -> [ImageRecord] {
    guard limit > 0 else { return [] }
    return try read { db in
      let condition = try filter.condition(db)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(Self.recordColumns) FROM image JOIN content ON content.id = image.content_id
          WHERE image.id > ? AND (\(condition.sql)) ORDER BY image.id LIMIT ?
          """, arguments: [id] + condition.arguments + [limit])
      return try rows.map { ImageRecord(row: $0, labels: try Self.labels(db, imageID: $0["id"])) }
    }
  }
}

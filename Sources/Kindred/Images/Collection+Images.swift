import GRDB

extension Collection {
  /// Images in the order of their identifiers, a page at a time.
  /// - Parameters:
  ///   - id: the last image of the page before; `nil` for the first page.
  ///   - limit: how many at most.
  ///   - filter: which images.
  ///   - newestFirst: whether the greatest identifiers come first, which are those of the images that came last.
  public func images(
    after id: Int64? = nil, limit: Int, filter: SearchFilter = SearchFilter(), newestFirst: Bool = false
  ) throws -> [ImageRecord] {
    guard limit > 0 else { return [] }
    let last: Int64 = id ?? (newestFirst ? .max : 0)
    return try read { db in
      let condition = try filter.condition(db)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(Self.recordColumns) FROM image JOIN content ON content.id = image.content_id
          WHERE image.id \(newestFirst ? "<" : ">") ? AND (\(condition.sql))
          ORDER BY image.id \(newestFirst ? "DESC" : "ASC") LIMIT ?
          """, arguments: [last] + condition.arguments + [limit])
      return try rows.map { ImageRecord(row: $0, labels: try Self.labels(db, imageID: $0["id"])) }
    }
  }
}

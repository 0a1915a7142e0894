import GRDB
import VectorIndex

extension Collection {
  /// Below this the features differ by nothing but rounding.
  private static let leastExtent: Float = 1e-5
  private static let block = 512

  /// Grows with every change to which images are in the collection; a caller may keep a map for as long as it stays.
  public func generation() throws -> Int64 { try moment().generation }

  /// The collection along the first two principal components of its features, both scaled by the same factor, so that
  /// the farthest image is at the edge of −1…1. Images with the same content share a place.
  ///
  /// The components are fitted to all features, up to 5,000 of them evenly drawn; it takes about a second, so keep the
  /// result while ``generation()`` stays.
  /// - Parameter limit: images shown at most, evenly drawn from all in the order of their identifiers.
  public func map(limit: Int) throws -> CollectionMap {
    try read { db in
      let moment = try moment(db)
      var map = CollectionMap(total: moment.imageCount, ids: [], x: [], y: [], generation: moment.generation)
      guard limit > 0, moment.imageCount > 0 else { return map }
      let shown = try Self.shown(db, kind: kind, limit: limit, total: moment.imageCount)
      let embeddings = try embeddings(at: moment)
      let live = try Self.liveRows(db)
      // Rows that SQLite names and the file lacks are a fault to be told, not to be left out.
      for row in [live.first, live.last].compactMap(\.self) { try checkRow(row, at: moment) }
      let drawn = live.evenlyDrawn(PrincipalComponents.mostRows)
      let components = PrincipalComponents(
        fitting: embeddings.rows(drawn), dimension: embeddings.dimension, count: 2)
      var places: [Int: (x: Float, y: Float)] = [:]
      let rows = Set(shown.map(\.row)).sorted()
      for start in stride(from: 0, to: rows.count, by: Self.block) {
        let part = Array(rows[start..<min(start + Self.block, rows.count)])
        let projected = components.projected(embeddings.rows(part))
        for (index, row) in part.enumerated() {
          let x = projected[index * components.count]
          // Vectors of one number have no second component.
          let y = components.count > 1 ? projected[index * components.count + 1] : 0
          places[row] = (x.isFinite ? x : 0, y.isFinite ? y : 0)
        }
      }
      let extent = places.values.reduce(0 as Float) { max($0, abs($1.x), abs($1.y)) }
      let factor = extent > Self.leastExtent ? 1 / extent : 0
      for image in shown {
        let place = places[image.row] ?? (0, 0)
        map.ids.append(image.id)
        map.x.append(min(1, max(-1, place.x * factor)))
        map.y.append(min(1, max(-1, place.y * factor)))
      }
      return map
    }
  }

  private static func shown(_ db: Database, kind: Kind, limit: Int, total: Int) throws -> [(id: Int64, row: Int)] {
    let sql =
      kind == .images
      ? "SELECT image.id, content.feature_row FROM image JOIN content ON content.id = image.content_id ORDER BY image.id"
      : "SELECT id, feature_row FROM content ORDER BY id"
    var drawn = (0..<total).evenlyDrawn(limit)[...]
    var shown: [(id: Int64, row: Int)] = []
    var position = 0
    let cursor = try Row.fetchCursor(db, sql: sql)
    while let next = drawn.first, let row = try cursor.next() {
      if position == next {
        shown.append((row[0], row[1]))
        drawn = drawn.dropFirst()
      }
      position += 1
    }
    return shown
  }
}

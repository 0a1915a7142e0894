import GRDB

/// The distinct contents of a collection at one moment, by numbers from 0 in the order of rows of the feature file.
struct DuplicateContents: Sendable {
  var rows: [Int] = []
  /// What names a content in SQLite, whatever row it has later.
  private(set) var identifiers: [Int64] = []
  private(set) var pixelCounts: [Double] = []
  private(set) var byteCounts: [Int64] = []
  /// Files with the same bytes; contents with one file are not in it.
  private(set) var fileCounts: [Int: Int] = [:]

  init(_ db: Database) throws {
    var numbers: [Int64: Int] = [:]
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT id, feature_row, width, height, byte_count FROM content ORDER BY feature_row")
    while let row = try cursor.next() {
      let identifier: Int64 = row["id"]
      numbers[identifier] = rows.count
      rows.append(row["feature_row"])
      identifiers.append(identifier)
      pixelCounts.append(Double(row["width"] as Int64) * Double(row["height"] as Int64))
      byteCounts.append(row["byte_count"])
    }
    let copies = try Row.fetchCursor(
      db, sql: "SELECT content_id, COUNT(*) AS files FROM image GROUP BY content_id HAVING COUNT(*) > 1")
    while let row = try copies.next() {
      if let number = numbers[row["content_id"]] { fileCounts[number] = row["files"] }
    }
  }

  var count: Int { rows.count }

  /// The number of a row's content; `nil` for a row that is not live.
  func number(row: Int) -> Int? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low] == row ? low : nil
  }

  /// Whether the first is the one to keep: more pixels, then more bytes, then what came first.
  func isLarger(_ first: Int, _ second: Int) -> Bool {
    (pixelCounts[first], byteCounts[first], second) > (pixelCounts[second], byteCounts[second], first)
  }

  func largestFirst(_ numbers: [Int]) -> [Int] { numbers.sorted(by: isLarger) }

  /// The images that hold a content, in the order of paths.
  func records(_ db: Database, _ number: Int) throws -> [ImageRecord] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(Collection.recordColumns) FROM image JOIN content ON content.id = image.content_id
          WHERE content.id = ? ORDER BY image.path
          """), arguments: [identifiers[number]]
    ).map { ImageRecord(row: $0, labels: try Collection.labels(db, imageID: $0["id"])) }
  }
}

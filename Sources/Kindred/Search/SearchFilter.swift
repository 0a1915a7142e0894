import Foundation
import GRDB
import ImageDecoding

/// Which images may be hits.
public struct SearchFilter: Sendable, Equatable {
  /// Images that carry this label, whatever the case of its letters, or a class that it is WordNet's broader term of.
  public var label: String?
  /// A shell pattern for the absolute path; a pattern that does not start with `/` may begin below any folder.
  public var path: String?
  /// What ``path`` is matched against: the paths as a caller sees them; whole ones when `nil`. A caller could else find
  /// out letter by letter what is not shown.
  public var visibility: PathVisibility?
  /// Taken at or after this time, ISO 8601 without a zone; the file's modification time counts where there is no
  /// capture date.
  public var after: String?
  /// Taken before this time.
  public var before: String?
  public var format: ImageFormat?

  public init() {}

  public var isEmpty: Bool {
    var filter = self
    filter.visibility = nil
    return filter == SearchFilter()
  }

  private static let shownPath = "kindred_shown_path"

  /// Reads a date or time that a person typed: `2024`, `2024-05`, `2024-05-31` or `2024-05-31T12:00:00`.
  public static func date(_ text: String) throws -> String {
    let fields = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let date = fields[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let time =
      fields.count == 2 ? fields[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init) : []
    func number(_ fields: [String], _ index: Int, digits: Int, _ range: ClosedRange<Int>) -> Int? {
      guard index < fields.count else { return range.lowerBound }
      guard fields[index].count == digits, let value = Int(fields[index]), range.contains(value) else { return nil }
      return value
    }
    func days(in month: Int, _ year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }
    guard date.count <= 3, time.count <= 3, fields.count == 1 || (date.count == 3 && time.count >= 2),
      let year = number(date, 0, digits: 4, 1...9999), let month = number(date, 1, digits: 2, 1...12),
      let day = number(date, 2, digits: 2, 1...days(in: month, year)), let hour = number(time, 0, digits: 2, 0...23),
      let minute = number(time, 1, digits: 2, 0...59), let second = number(time, 2, digits: 2, 0...60)
    else {
      throw KindredError(
        .invalidArgument, place: text, reason: "not a date",
        remedy: "Write 2024, 2024-05, 2024-05-31 or 2024-05-31T12:00:00.")
    }
    func padded(_ value: Int, _ digits: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: digits - text.count) + text
    }
    return
      "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
  }

  /// What a filter lets through: rows of the feature file, ascending, and images.
  struct Allowed {
    var rows: [Int]
    var images: Set<Int64>
  }

  /// The filter as an SQL condition on `image` and `content`.
  func condition(_ db: Database) throws -> (sql: String, arguments: StatementArguments) {
    var conditions: [String] = []
    var arguments = StatementArguments()
    if let label {
      // A name that nothing carries lets nothing through.
      if let meaning = try LabelMeaning(label, db) {
        let carried = meaning.condition
        conditions.append("EXISTS (SELECT 1 FROM label WHERE label.image_id = image.id AND \(carried.sql))")
        arguments += carried.arguments
      } else {
        conditions.append("FALSE")
      }
    }
    if let path {
      var column = "image.path"
      if let visibility {
        column = "\(Self.shownPath)(image.path)"
        db.add(
          function: DatabaseFunction(Self.shownPath, argumentCount: 1, pure: true) { values in
            guard let path = String.fromDatabaseValue(values[0]) else { return nil }
            return visibility.path(of: path) ?? (path as NSString).lastPathComponent
          })
      }
      // SQLite negates a set with ^ where shells use !.
      let pattern = path.replacing("[!", with: "[^")
      conditions.append("(\(column) GLOB ? OR \(column) GLOB ?)")
      arguments += [pattern, pattern.hasPrefix("/") ? pattern : "*/" + pattern]
    }
    let taken =
      "coalesce(content.capture_date, strftime('%Y-%m-%dT%H:%M:%S', image.modified_ns / 1000000000, 'unixepoch'))"
    if let after {
      conditions.append("\(taken) >= ?")
      arguments += [after]
    }
    if let before {
      conditions.append("\(taken) < ?")
      arguments += [before]
    }
    if let format {
      conditions.append("content.format = ?")
      arguments += [format.rawValue]
    }
    return (conditions.isEmpty ? "TRUE" : conditions.joined(separator: " AND "), arguments)
  }

  func allowed(_ db: Database) throws -> Allowed? {
    guard !isEmpty else { return nil }
    let condition = try condition(db)
    var rows: [Int] = []
    var images = Set<Int64>()
    let cursor = try Row.fetchCursor(
      db,
      sql: """
        SELECT image.id AS id, content.feature_row AS feature_row
        FROM image JOIN content ON content.id = image.content_id
        WHERE \(condition.sql) ORDER BY content.feature_row
        """, arguments: condition.arguments)
    while let row = try cursor.next() {
      let featureRow: Int = row["feature_row"]
      if rows.last != featureRow { rows.append(featureRow) }
      images.insert(row["id"])
    }
    return Allowed(rows: rows, images: images)
  }
}

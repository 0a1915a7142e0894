import Foundation
import GRDB
import VectorIndex

/// One image as the collection knows it.
public struct ImageRecord: Sendable, Equatable, Codable {
  /// Kept for as long as the image is in the collection, also when its file moves.
  public var id: Int64
  /// Absolute.
  public var path: String
  /// Bytes of the file.
  public var byteCount: Int64
  /// When the file was changed last, ISO 8601 in UTC.
  public var modified: String
  /// Of the file's bytes, 64 hexadecimal digits.
  public var sha256: String
  public var format: String
  /// Pixels, upright.
  public var width: Int
  public var height: Int
  /// When it was taken, in the camera's own time.
  public var captureDate: String?
  public var camera: String?
  public var labels: [Label]

  /// Where its vector is; not for other programs.
  var featureRow: Int
  var featureNorm: Double

  enum CodingKeys: String, CodingKey {
    case id, path, byteCount, modified, sha256, format, width, height, captureDate, camera, labels
  }

  init(row: Row, labels: [Label]) {
    id = row["id"]
    path = row["path"]
    byteCount = row["byte_count"]
    modified = Collection.timestamp(Date(timeIntervalSince1970: Double(row["modified_ns"] as Int64) / 1e9))
    sha256 = ContentHash.hexString([UInt8](row["sha256"] as Data))
    format = row["format"]
    width = row["width"]
    height = row["height"]
    captureDate = row["capture_date"]
    camera = row["camera"]
    featureRow = row["feature_row"]
    featureNorm = row["feature_norm"]
    self.labels = labels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(Int64.self, forKey: .id)
    path = try container.decode(String.self, forKey: .path)
    byteCount = try container.decode(Int64.self, forKey: .byteCount)
    modified = try container.decode(String.self, forKey: .modified)
    sha256 = try container.decode(String.self, forKey: .sha256)
    format = try container.decode(String.self, forKey: .format)
    width = try container.decode(Int.self, forKey: .width)
    height = try container.decode(Int.self, forKey: .height)
    captureDate = try container.decodeIfPresent(String.self, forKey: .captureDate)
    camera = try container.decodeIfPresent(String.self, forKey: .camera)
    labels = try container.decode([Label].self, forKey: .labels)
    featureRow = -1
    featureNorm = 0
  }
}

extension Collection {
  static let recordColumns = """
    image.id, image.path, image.byte_count, image.modified_ns, content.sha256, content.format, content.width,
    content.height, content.capture_date, content.camera, content.feature_row, content.feature_norm
    """

  static func contentID(_ db: Database, sha256: [UInt8]) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM content WHERE sha256 = ?"), arguments: [Data(sha256)])
  }

  /// Rows of the feature file that hold a content, ascending.
  static func liveRows(_ db: Database) throws -> [Int] {
    try Int.fetchAll(db, sql: "SELECT feature_row FROM content ORDER BY feature_row")
  }

  static func labels(_ db: Database, imageID: Int64) throws -> [Label] {
    try Row.fetchAll(
      db.cachedStatement(
        sql:
          "SELECT name, source, confidence FROM label WHERE image_id = ? ORDER BY source = 'predicted', confidence DESC, name"
      ),
      arguments: [imageID]
    ).compactMap { row in
      Label.Source(rawValue: row["source"]).map { Label(name: row["name"], source: $0, confidence: row["confidence"]) }
    }
  }

  /// The images whose vector is in a row.
  static func records(_ db: Database, featureRow: Int) throws -> [ImageRecord] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(recordColumns) FROM content JOIN image ON image.content_id = content.id
          WHERE content.feature_row = ? ORDER BY image.id
          """), arguments: [featureRow]
    ).map { ImageRecord(row: $0, labels: try labels(db, imageID: $0["id"])) }
  }

  static func record(_ db: Database, id: Int64) throws -> ImageRecord? {
    try Row.fetchOne(
      db, sql: "SELECT \(recordColumns) FROM image JOIN content ON content.id = image.content_id WHERE image.id = ?",
      arguments: [id]
    ).map { ImageRecord(row: $0, labels: try labels(db, imageID: id)) }
  }

  /// - Throws: ``KindredError/Code/damagedCollection`` when the feature file has no such row.
  @discardableResult
  func checkRow(_ row: Int, at moment: Moment) throws -> Int {
    let features = try features(at: moment)
    guard row >= 0, row < moment.rowCount, row < features.rowCount else {
      throw KindredError(
        .damagedCollection, place: features.path, reason: "row \(row) is named, but there are \(moment.rowCount)",
        remedy: "Run `kindred verify --repair`.")
    }
    return row
  }

  /// What a row that SQLite names holds.
  /// - Throws: ``KindredError/Code/damagedCollection`` when the feature file has no such row, or one that can't be.
  func views(at moment: Moment, row: Int) throws -> [ViewFeature] {
    let features = try features(at: moment)
    if let fault = features.fault(ofRow: try checkRow(row, at: moment)) {
      throw KindredError(
        .damagedCollection, place: features.path, reason: fault, remedy: "Run `kindred verify --repair`.")
    }
    return features.views(ofRow: row)
  }

  /// The pooled feature in a row that SQLite names, as the network gave it but for rounding: the average of the
  /// recipe's views.
  /// - Parameters:
  ///   - moment: of which the row is.
  ///   - row: its number.
  ///   - norm: the length that the first view had; of use only where it is not in the file.
  /// - Throws: ``KindredError/Code/damagedCollection`` when the feature file has no such row.
  func feature(at moment: Moment, row: Int, norm: Double) throws -> [Float] {
    let features = try features(at: moment)
    try checkRow(row, at: moment)
    guard features.layout.numbers == .float16 else { return features.row(row).map { $0 * Float(norm) } }
    let views = features.views(ofRow: row)
    let used = try composition(of: moment.recipe, mean: nil).views
    var sum = [Float](repeating: 0, count: features.dimension)
    for view in used { VectorMath.add(views[view].vector, weight: 1 / Float(used.count), to: &sum) }
    return sum
  }

  static func unknown(id: Int64) -> KindredError {
    KindredError(
      .unknownImage, place: "id \(id)", reason: "no image has this identifier",
      remedy: "`kindred search … --json` and `kindred export` print identifiers.")
  }

  /// One image by its identifier.
  /// - Throws: ``KindredError/Code/unknownImage``.
  public func record(id: Int64) throws -> ImageRecord {
    guard let record = try read({ try Self.record($0, id: id) }) else { throw Self.unknown(id: id) }
    return record
  }

  /// Every image of one moment, in the order of identifiers, with its pooled feature. The body runs inside the transaction and
  /// must not read the collection otherwise.
  func forEachRecordWithFeature(_ body: (_ record: ImageRecord, _ feature: [Float], _ total: Int) throws -> Void) throws
  {
    try read { db in
      let moment = try moment(db)
      let cursor = try Row.fetchCursor(
        db,
        sql: "SELECT \(Self.recordColumns) FROM image JOIN content ON content.id = image.content_id ORDER BY image.id")
      while let row = try cursor.next() {
        let record = ImageRecord(row: row, labels: try Self.labels(db, imageID: row["id"]))
        try body(
          record, try feature(at: moment, row: record.featureRow, norm: record.featureNorm), moment.imageCount)
      }
    }
  }

  /// Every image, in the order of identifiers. Images that come or go meanwhile may be seen or not.
  public func forEachRecord(_ body: (ImageRecord) throws -> Void) throws {
    var last = Int64.min
    while true {
      // Portions, so that the body may use the collection and no read transaction stays open for long.
      let portion = try read { db in
        try Row.fetchAll(
          db,
          sql: """
            SELECT \(Self.recordColumns) FROM image JOIN content ON content.id = image.content_id
            WHERE image.id > ? ORDER BY image.id LIMIT 512
            """, arguments: [last]
        ).map { ImageRecord(row: $0, labels: try Self.labels(db, imageID: $0["id"])) }
      }
      guard let end = portion.last else { return }
      last = end.id
      for record in portion { try body(record) }
    }
  }
}

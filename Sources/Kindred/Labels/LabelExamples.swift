import GRDB
import VectorIndex

/// Which images show what a label is, and which what it is not.
struct LabelExamples {
  /// An image that carries the label.
  struct Carrier {
    var imageID: Int64
    var row: Int
    /// 1 for a person's word; else the sum of what the network gave the classes, at most 1.
    var confidence: Double
    var isPredicted: Bool
  }

  var carriers: [Carrier]
  /// Rows of images that somebody labelled otherwise, or of which somebody said that they are not of the label.
  var negativeRows: [Int]
  /// Images that a person said are not of the label.
  var rejected: Set<Int64>

  init(_ meaning: LabelMeaning, _ db: Database) throws {
    let condition = meaning.condition
    carriers = try Row.fetchAll(
      db,
      sql: """
        SELECT image.id AS id, content.feature_row AS feature_row,
          coalesce(max(CASE WHEN label.source <> 'predicted' THEN label.confidence END),
            min(1.0, sum(label.confidence))) AS confidence,
          min(label.source = 'predicted') AS predicted
        FROM label JOIN image ON image.id = label.image_id JOIN content ON content.id = image.content_id
        WHERE \(condition.sql) GROUP BY image.id
        """, arguments: condition.arguments
    ).map {
      Carrier(imageID: $0["id"], row: $0["feature_row"], confidence: $0["confidence"], isPredicted: $0["predicted"])
    }
    rejected = Set(try LabelRejections.all(db).filter { meaning.spellings.contains($0.name) }.map(\.imageID))
    negativeRows = []
    guard carriers.contains(where: { !$0.isPredicted }) else { return }
    negativeRows = try Self.otherwiseLabelled(meaning, carriers: carriers, rejected: rejected, db)
  }

  /// Rows of the label's own images, what a person said before what the network guessed, and no more than `limit`.
  func positiveRows(limit: Int) -> [Int] {
    let given = Set(carriers.filter { !$0.isPredicted }.map(\.row)).sorted()
    return given.evenlyDrawn(limit)
  }

  private static func otherwiseLabelled(
    _ meaning: LabelMeaning, carriers: [Carrier], rejected: Set<Int64>, _ db: Database
  ) throws -> [Int] {
    let places = Array(repeating: "?", count: meaning.spellings.count).joined(separator: ", ")
    let spellings = StatementArguments(meaning.spellings)
    // A folder's name says where a picture lies. That a picture lies elsewhere says something of labels that are
    // folders' names too, and nothing of others.
    let isFolders =
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM label WHERE source = 'folder' AND name IN (\(places)))",
        arguments: spellings) ?? false
    let sources = isFolders ? "label.source <> 'predicted'" : "label.source NOT IN ('predicted', 'folder')"
    let ids = carriers.map(\.imageID)
    let own = Set(ids)
    var rows: [Int] = []
    let cursor = try Row.fetchCursor(
      db,
      sql: """
        SELECT image.id AS id, content.feature_row AS feature_row, min(label.name) AS name
        FROM label JOIN image ON image.id = label.image_id JOIN content ON content.id = image.content_id
        WHERE \(sources) GROUP BY image.id ORDER BY name, image.id
        """)
    while let row = try cursor.next() {
      let id: Int64 = row["id"]
      if !own.contains(id), !rejected.contains(id) { rows.append(row["feature_row"]) }
    }
    // Rows are in the order of their labels, so that what is drawn has some of all.
    let limit = max(0, LabelClassifier.mostExamples - rejected.count)
    var chosen = rows.evenlyDrawn(limit)
    for id in rejected.sorted().prefix(LabelClassifier.mostExamples) where !own.contains(id) {
      chosen += try Int.fetchAll(
        db,
        sql: "SELECT feature_row FROM image JOIN content ON content.id = image.content_id WHERE image.id = ?",
        arguments: [id])
    }
    let positive = Set(carriers.map(\.row))
    return Set(chosen).subtracting(positive).sorted()
  }
}

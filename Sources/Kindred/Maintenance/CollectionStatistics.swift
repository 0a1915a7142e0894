import Foundation
import GRDB
import Inference
import VectorIndex

/// What `kindred stats` tells of a collection.
public struct CollectionStatistics: Sendable, Codable {
  public struct Count: Sendable, Codable, Equatable {
    public var name: String
    public var count: Int
  }
  public var identifier: String
  public var directory: String
  public var created: String
  public var kind: Collection.Kind
  public var settings: CollectionSettings
  public var recipe: EmbeddingRecipe
  /// The numbers that the network ran in when pictures were last indexed.
  public var precision: Precision?
  /// In a collection of vectors, its entries.
  public var images: Int
  /// Distinct contents: images less those that repeat another's bytes.
  public var contents: Int
  /// Bytes of the indexed files.
  public var fileBytes: Int64
  public var formats: [Count]
  /// Distinct labels.
  public var labels: Int
  /// Images that carry a label that a person gave.
  public var labelledImages: Int
  /// The most frequent labels.
  public var topLabels: [Count]
  public var skipped: [Count]
  /// Earliest and latest capture dates.
  public var firstCapture: String?
  public var lastCapture: String?
  /// `exact`, `hnsw`, or `hnsw, behind` when the graph lacks the last changes.
  public var search: String
  /// Bytes of the collection's own files.
  public var databaseBytes: Int64
  public var featureBytes: Int64
  public var graphBytes: Int64
  /// Rows of the feature file whose images are gone.
  public var deadRows: Int

  public init(_ collection: Collection) throws {
    let moment = try collection.moment()
    kind = collection.kind
    identifier = collection.identifier
    directory = collection.directory
    created = collection.created
    settings = collection.settings
    recipe = moment.recipe
    precision = try collection.precision()
    images = moment.imageCount
    contents = moment.contentCount
    deadRows = moment.rowCount - moment.contentCount
    func counts(_ db: Database, _ sql: String) throws -> [Count] {
      try Row.fetchAll(db, sql: sql).map { Count(name: $0[0], count: $0[1]) }
    }
    (search, databaseBytes, featureBytes, graphBytes) = try Self.sizes(collection, moment)
    guard collection.kind == .images else {
      (fileBytes, formats, labels, labelledImages, topLabels, skipped) = (0, [], 0, 0, [], [])
      return
    }
    (fileBytes, formats, labels, labelledImages, topLabels, skipped, firstCapture, lastCapture) = try collection.read {
      db in
      (
        try Int64.fetchOne(db, sql: "SELECT coalesce(sum(byte_count), 0) FROM image") ?? 0,
        try counts(
          db,
          """
          SELECT content.format, count(*) FROM image JOIN content ON content.id = image.content_id
          GROUP BY content.format ORDER BY 2 DESC, 1
          """),
        try Int.fetchOne(db, sql: "SELECT count(DISTINCT name) FROM label") ?? 0,
        try Int.fetchOne(db, sql: "SELECT count(DISTINCT image_id) FROM label WHERE source <> 'predicted'") ?? 0,
        try counts(db, "SELECT name, count(DISTINCT image_id) FROM label GROUP BY name ORDER BY 2 DESC, 1 LIMIT 10"),
        try counts(db, "SELECT code, count(*) FROM skipped GROUP BY code ORDER BY 2 DESC, 1"),
        try String.fetchOne(db, sql: "SELECT min(capture_date) FROM content"),
        try String.fetchOne(db, sql: "SELECT max(capture_date) FROM content")
      )
    }
  }

  private static func sizes(
    _ collection: Collection, _ moment: Collection.Moment
  ) throws -> (search: String, database: Int64, features: Int64, graph: Int64) {
    let files = collection.files
    let search: String
    if moment.contentCount < Collection.exactSearchLimit {
      search = "exact"
    } else if let graph = try collection.graph(at: moment) {
      search = graph.generation == moment.generation ? "hnsw" : "hnsw, behind"
    } else {
      search = "exact, no graph"
    }
    func size(_ path: String) -> Int64 { FolderWalker.information(path).map { Int64($0.st_size) } ?? 0 }
    return (
      search, size(files.database) + size(files.database + "-wal"), size(files.features(moment.segment)),
      size(try collection.graphPath(at: moment, collection.fit(at: moment)))
    )
  }
}

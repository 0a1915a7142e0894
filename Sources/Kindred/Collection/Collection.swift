import Foundation
import GRDB
import ImageDecoding
import Synchronization
import VectorIndex

/// A set of indexed images: SQLite is the one record of what is in it, the feature file holds one L2-normalised
/// vector for each distinct content, and the graph over those vectors can always be made again.
///
/// Any number of processes may read while one writes (``CollectionWriter``).
public final class Collection: Sendable {
  /// The name of the collection that is used when none is given.
  public static let defaultName = "default"
  /// Below this many images every query is compared with all of them, and no graph is built.
  public static let exactSearchLimit = 5_000

  /// The folder that holds the collection's files.
  public var directory: String { files.directory }
  /// What other programs know the collection by; Dria's `contract_id`.
  public let identifier: String
  public let settings: CollectionSettings
  /// When the collection was made, ISO 8601 in UTC.
  public let created: String

  let files: CollectionFiles
  /// A pool; a single read-only connection where the folder can't be written to.
  let database: any DatabaseReader
  private let openSegment: Mutex<Segment?> = Mutex(nil)

  /// The feature file and graph that one number names.
  struct Segment: Sendable {
    let number: Int
    let features: FeatureFile
    var graph: GraphState = .notLoaded
  }

  enum GraphState: Sendable {
    case notLoaded
    /// The graph of the file that had this stamp.
    case loaded(HNSWIndex, WalkedFile?)
    /// No graph that can be used, in the file that had this stamp.
    case absent(WalkedFile?)
  }

  /// A moment of the collection, as one read transaction saw it.
  struct Moment: Sendable {
    /// Grows with every change to which rows are live.
    var generation: Int64
    /// Rows of the feature file that are committed.
    var rowCount: Int
    var segment: Int
    /// Distinct contents.
    var contentCount: Int
    /// Images; more than contents where several files hold the same bytes.
    var imageCount: Int
  }

  // MARK: Opening

  /// The folder of a collection inside an index folder.
  public static func directory(index: String, name: String) throws -> String {
    let allowed = name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "-_.".unicodeScalars.contains($0)
    }
    guard allowed, !name.isEmpty, name.count <= 100, !name.hasPrefix(".") else {
      throw KindredError(
        .invalidArgument, place: name, reason: "not a collection name",
        remedy: "Use letters, digits, dash, underscore and dot, not starting with a dot.")
    }
    return index + "/" + name
  }

  /// Whether a collection is at a folder.
  public static func exists(at directory: String) -> Bool {
    FileManager.default.fileExists(atPath: CollectionFiles(directory: directory).database)
  }

  /// Makes a new, empty collection.
  public static func create(at directory: String, settings: CollectionSettings) throws -> Collection {
    let files = CollectionFiles(directory: directory)
    guard !exists(at: directory) else {
      throw KindredError(.collectionExists, place: directory, reason: "a collection is here already")
    }
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw KindredError(
        .unwritable, place: directory, reason: "the folder can't be made: \(reason(of: error))",
        remedy: "Choose another place with --index.")
    }
    let lock = try WriterLock(path: files.lock)
    defer { withExtendedLifetime(lock) {} }
    // Another process may have been quicker.
    guard !exists(at: directory) else {
      throw KindredError(
        .collectionExists, place: directory, reason: "a collection was made here just now",
        remedy: "Run the command again.")
    }
    // A crash before the database appeared may have left a feature file without an owner.
    for path in files.leftovers(besides: 0) { try? FileManager.default.removeItem(atPath: path) }
    let features = try FeatureFile.create(path: files.features(1), dimension: settings.model.featureDimension)
    try features.synchronize()

    // The database is made under another name and renamed, so that a collection is either whole or not there.
    let temporary = files.database + ".new"
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: temporary + suffix) }
    do {
      let queue = try DatabaseQueue(path: temporary)
      try queue.write { db in
        try CollectionSchema.create(db)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let values = [
          "identifier": newIdentifier(),
          "created": timestamp(),
          "settings": String(decoding: try encoder.encode(settings), as: UTF8.self),
          "generation": "0", "row_count": "0", "segment": "1",
        ]
        for (name, value) in values {
          try db.execute(sql: "INSERT INTO property (name, value) VALUES (?, ?)", arguments: [name, value])
        }
      }
      try queue.close()
      guard rename(temporary, files.database) == 0 else {
        throw KindredError(.unwritable, place: files.database, reason: String(cString: strerror(errno)))
      }
    } catch let error as DatabaseError {
      throw KindredError(.unwritable, place: directory, reason: "SQLite: \(error.message ?? "\(error.resultCode)")")
    }
    return try Collection(at: directory)
  }

  /// Opens a collection.
  public init(at directory: String) throws {
    files = CollectionFiles(directory: directory)
    guard Self.exists(at: directory) else {
      throw KindredError(
        .noCollection, place: directory, reason: "no collection here",
        remedy: "Make one with `kindred index FOLDER`, or name another place with --index.")
    }
    let databasePath = files.database
    do {
      database = try CollectionDatabase.open(databasePath)
      let properties = try database.read { db in
        try CollectionSchema.check(db, path: databasePath)
        let rows = try Row.fetchAll(db, sql: "SELECT name, value FROM property")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as String, $0["value"] as String) })
      }
      guard let settingsText = properties["settings"], let identifier = properties["identifier"],
        let settings = try? JSONDecoder().decode(CollectionSettings.self, from: Data(settingsText.utf8)),
        settings.isUsable
      else {
        throw KindredError(
          .damagedCollection, place: databasePath, reason: "the collection's settings are missing or damaged")
      }
      self.settings = settings
      self.identifier = identifier
      created = properties["created"] ?? ""
    } catch let error as DatabaseError {
      throw CollectionDatabase.translated(error, path: databasePath)
    }
  }

  // MARK: Reading

  /// Runs a read transaction, with SQLite's errors turned into ``KindredError``.
  func read<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.read(body) } catch let error as DatabaseError {
      throw CollectionDatabase.translated(error, path: files.database)
    }
  }

  static func moment(_ db: Database) throws -> Moment {
    func property(_ name: String) throws -> Int64 {
      guard let text = try String.fetchOne(db, sql: "SELECT value FROM property WHERE name = ?", arguments: [name]),
        let value = Int64(text)
      else {
        throw KindredError(.damagedCollection, reason: "the collection's property \(name) is missing or damaged")
      }
      return value
    }
    let (generation, rowCount, segment) = (
      try property("generation"), try property("row_count"), try property("segment")
    )
    guard (0...1 << 53).contains(generation), (0...1 << 32).contains(rowCount), (1...1 << 32).contains(segment) else {
      throw KindredError(
        .damagedCollection, reason: "the collection's counters are out of range",
        remedy: "Index the folder again into a new collection.")
    }
    return Moment(
      generation: generation, rowCount: Int(rowCount), segment: Int(segment),
      contentCount: try Int.fetchOne(db, sql: "SELECT count(*) FROM content") ?? 0,
      imageCount: try Int.fetchOne(db, sql: "SELECT count(*) FROM image") ?? 0)
  }

  func moment() throws -> Moment { try read { try Self.moment($0) } }

  /// The number of images.
  public func imageCount() throws -> Int { try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM image") ?? 0 } }

  /// The feature file of a moment, with at least its committed rows.
  func features(at moment: Moment) throws -> FeatureFile {
    try openSegment.withLock { current in
      if current?.number != moment.segment {
        current = Segment(number: moment.segment, features: try FeatureFile(path: files.features(moment.segment)))
      }
      guard let features = current?.features else { preconditionFailure("set above") }
      if features.rowCount < moment.rowCount { try features.refresh() }
      guard features.dimension == settings.model.featureDimension else {
        throw KindredError(
          .damagedCollection, place: features.path,
          reason: "rows of \(features.dimension) numbers, but the model gives \(settings.model.featureDimension)")
      }
      try Self.checkLength(features, moment)
      return features
    }
  }

  /// - Throws: ``KindredError/Code/damagedCollection`` when the feature file has fewer rows than SQLite names.
  static func checkLength(_ features: FeatureFile, _ moment: Moment) throws {
    guard features.rowCount < moment.rowCount else { return }
    throw KindredError(
      .damagedCollection, place: features.path,
      reason: "\(features.rowCount) rows, but \(moment.rowCount) are committed",
      remedy: "Run `kindred verify --repair`.")
  }

  /// The saved graph of a moment's segment; `nil` where there is none that can be used. It is loaded once, and again
  /// when it is behind and a newer one is on the disk.
  func graph(at moment: Moment) throws -> HNSWIndex? {
    let features = try features(at: moment)
    return openSegment.withLock { current -> HNSWIndex? in
      let path = files.graph(moment.segment)
      switch current?.graph {
      case .loaded(let graph, let stamp):
        if graph.generation == moment.generation || stamp == Self.stamp(of: path) { return graph }
      case .absent(let stamp):
        if stamp == Self.stamp(of: path) { return nil }
      case .notLoaded, nil: break
      }
      let stamp = Self.stamp(of: path)
      let graph = try? HNSWIndex(contentsOf: path, features: features)
      current?.graph = graph.map { .loaded($0, stamp) } ?? .absent(stamp)
      return graph
    }
  }

  private static func stamp(of path: String) -> WalkedFile? {
    FolderWalker.information(path).map { WalkedFile(path: path, $0) }
  }

  /// Lets go of the feature file and the graph, so that the next search opens what is on the disk.
  func closeFiles() {
    openSegment.withLock { $0 = nil }
  }

  // MARK: Helpers

  static func timestamp(_ date: Date = Date()) -> String {
    date.formatted(.iso8601)
  }

  private static func newIdentifier() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
      return String(digits.prefix(11))
    }.joined().prefix(43).description
  }

  private static func reason(of error: any Error) -> String {
    ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.localizedDescription ?? error.localizedDescription
  }
}

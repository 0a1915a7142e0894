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
  /// Which database this object has open. Another may come to lie at its path, when collections are renamed.
  private let identity: FileIdentity?
  /// A pool; a single connection where the folder can't be written to, or where it is read once.
  let database: any DatabaseReader
  let openSegment: Mutex<Segment?> = Mutex(nil)
  /// The fit that was read last, and the embeddings that were composed last.
  let openFit: Mutex<(number: Int, stamp: WalkedFile?, fit: EmbeddingFit)?> = Mutex(nil)
  let composed: Mutex<EmbeddingRows?> = Mutex(nil)
  /// The recipe that was read last, and its text.
  private let knownRecipe: Mutex<(text: String, recipe: EmbeddingRecipe)?> = Mutex(nil)
  /// The dimension of a collection of vectors, once it is known.
  private let vectorDimension: Mutex<Int?> = Mutex(nil)
  /// The moment that was counted last.
  private let counted: Mutex<Moment?> = Mutex(nil)
  /// Labels that were proposed last.
  let suggestionMemory: Mutex<LabelSuggester.Memory?> = Mutex(nil)

  /// What a collection holds.
  public enum Kind: String, Sendable, Codable {
    /// Pictures, and the features that a network gave them.
    case images
    /// Vectors that others made, with metadata of theirs.
    case vectors
  }

  public var kind: Kind { settings.model == nil ? .vectors : .images }

  /// The feature file and graph that one number names.
  struct Segment: Sendable {
    let number: Int
    let features: FeatureFile
    var graph: GraphState = .notLoaded
    /// The file that ``graph`` tells of.
    var graphPath = ""
  }

  enum GraphState: Sendable {
    case notLoaded
    /// The graph of the file that had this stamp.
    case loaded(SearchGraph, WalkedFile?)
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
    /// How rows become embeddings.
    var recipe: EmbeddingRecipe
    /// What was learnt from them: the number in its file's name; 0 where nothing was yet.
    var fit: Int
  }

  // MARK: Opening

  /// The folder of a collection inside an index folder.
  public static func directory(index: String, name: String) throws -> String {
    let allowed = name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "-_.".unicodeScalars.contains($0)
    }
    // Files of the index folder itself; a folder in the place of the keys would let nobody in.
    let isReserved = ["keys.json", "keys.json.lock", "jobs.json", "jobs.json.lock"].contains(name)
    guard allowed, !isReserved, !name.isEmpty, name.count <= 100, !name.hasPrefix(".") else {
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
  /// - Parameters:
  ///   - directory: its folder, which need not be there yet.
  ///   - settings: what it is made with for good.
  ///   - recipe: how its embeddings are made at first; plain when `nil`.
  ///   - definition: what people say of it.
  public static func create(
    at directory: String, settings: CollectionSettings, recipe: EmbeddingRecipe? = nil,
    definition: CollectionDefinition = CollectionDefinition()
  ) throws -> Collection {
    let recipe = recipe ?? EmbeddingRecipe(.plain, classCount: 0)
    try settings.check(recipe, place: directory)
    let files = CollectionFiles(directory: directory)
    guard !exists(at: directory) else {
      throw KindredError(.collectionExists, place: directory, reason: "a collection is here already")
    }
    try checkIsNoIdentifier((directory as NSString).lastPathComponent)
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
    for path in files.leftovers(besides: 0, fit: 0) { try? FileManager.default.removeItem(atPath: path) }
    // The first vector says how long vectors are; until then the file is of one number and has no rows.
    let features = try FeatureFile.create(
      path: files.features(1), layout: settings.layout ?? RowLayout(dimension: CollectionWriter.unknownDimension))
    try features.synchronize()

    // The database is made under another name and renamed, so that a collection is either whole or not there.
    let temporary = files.database + ".new"
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: temporary + suffix) }
    do {
      let queue = try DatabaseQueue(path: temporary)
      try queue.write { db in
        try CollectionSchema.create(db, kind: settings.model == nil ? .vectors : .images)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let values = [
          "identifier": newIdentifier(),
          "created": timestamp(),
          "settings": String(decoding: try encoder.encode(settings), as: UTF8.self),
          "generation": "0", "row_count": "0", "segment": "1", "fit": "0",
          "recipe": String(decoding: try encoder.encode(recipe), as: UTF8.self),
        ]
        for (name, value) in values {
          try db.execute(sql: "INSERT INTO property (name, value) VALUES (?, ?)", arguments: [name, value])
        }
        try definition.store(db)
      }
      try queue.close()
      guard rename(temporary, files.database) == 0 else {
        throw KindredError(.unwritable, place: files.database, reason: String(cString: strerror(errno)))
      }
    } catch let error as DatabaseError {
      throw KindredError(.unwritable, place: directory, reason: "SQLite: \(error.message ?? "\(error.resultCode)")")
    }
    return try Collection(at: directory, kind: nil)
  }

  /// Opens a collection.
  /// - Parameters:
  ///   - directory: its folder.
  ///   - kind: what it must hold; `nil` for whatever it holds.
  ///   - once: it is read, by one thread at a time, and not written to: opening and closing then take less.
  /// - Throws: ``KindredError/Code/wrongKind`` where it holds something else; and what is wrong with its files.
  public init(at directory: String, kind: Kind? = .images, once: Bool = false) throws {
    files = CollectionFiles(directory: directory)
    guard Self.exists(at: directory) else {
      throw KindredError(
        .noCollection, place: directory, reason: "no collection here",
        remedy: "Make one with `kindred index FOLDER`, or name another place with --index.")
    }
    let databasePath = files.database
    let identity = FileIdentity(of: databasePath)
    self.identity = identity
    do {
      database = try CollectionDatabase.open(databasePath, once: once)
      let (found, properties) = try database.read { db in
        let kind = try CollectionSchema.check(db, path: databasePath)
        let rows = try Row.fetchAll(db, sql: "SELECT name, value FROM property")
        return (kind, Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as String, $0["value"] as String) }))
      }
      guard let settingsText = properties["settings"], let identifier = properties["identifier"],
        let settings = try? JSONDecoder().decode(CollectionSettings.self, from: Data(settingsText.utf8)),
        settings.isUsable, (settings.model == nil) == (found == .vectors)
      else {
        throw KindredError(
          .damagedCollection, place: databasePath, reason: "the collection's settings are missing or damaged")
      }
      self.settings = settings
      self.identifier = identifier
      created = properties["created"] ?? ""
      if let kind, kind != found { throw Self.wrongKind(directory, has: found) }
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

  /// The moment that a transaction sees.
  func moment(_ db: Database) throws -> Moment {
    let properties = try Row.fetchAll(
      db.cachedStatement(
        sql: "SELECT name, value FROM property WHERE name IN ('generation', 'row_count', 'segment', 'fit', 'recipe')"))
    func text(_ name: String) -> String? { properties.first { $0["name"] == name }?["value"] }
    func property(_ name: String, absent: Int64? = nil) throws -> Int64 {
      if text(name) == nil, let absent { return absent }
      guard let text = text(name), let value = Int64(text) else {
        throw KindredError(.damagedCollection, reason: "the collection's property \(name) is missing or damaged")
      }
      return value
    }
    let (generation, rowCount, segment, fit) = (
      try property("generation"), try property("row_count"), try property("segment"), try property("fit", absent: 0)
    )
    guard (0...1 << 53).contains(generation), (0...1 << 32).contains(rowCount), (1...1 << 32).contains(segment),
      (0...1 << 32).contains(fit)
    else {
      throw KindredError(
        .damagedCollection, reason: "the collection's counters are out of range",
        remedy: "Index the folder again into a new collection.")
    }
    var moment = Moment(
      generation: generation, rowCount: Int(rowCount), segment: Int(segment), contentCount: 0, imageCount: 0,
      recipe: try recipe(text("recipe")), fit: Int(fit))
    // Counting reads a whole table, so it is done once a generation, not once a query.
    if let known = counted.withLock({ $0 }), known.generation == generation {
      (moment.contentCount, moment.imageCount) = (known.contentCount, known.imageCount)
      return moment
    }
    moment.contentCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM content") ?? 0
    moment.imageCount =
      kind == .images ? try Int.fetchOne(db, sql: "SELECT count(*) FROM image") ?? 0 : moment.contentCount
    counted.withLock { [moment] in $0 = moment }
    return moment
  }

  func moment() throws -> Moment { try read { try moment($0) } }

  /// The recipe of a text in the database; that of the format's first version where there is none.
  private func recipe(_ text: String?) throws -> EmbeddingRecipe {
    guard let text else { return EmbeddingRecipe(.plain, classCount: 0) }
    return try knownRecipe.withLock { known in
      if let known, known.text == text { return known.recipe }
      guard let recipe = try? JSONDecoder().decode(EmbeddingRecipe.self, from: Data(text.utf8)), recipe.isUsable else {
        throw KindredError(
          .damagedCollection, place: files.database, reason: Self.damagedRecipe,
          remedy: "Run `kindred recipe set plain`.")
      }
      known = (text, recipe)
      return recipe
    }
  }

  /// The number of images; of vectors in a collection of vectors.
  public func imageCount() throws -> Int { try moment().imageCount }

  /// The network that made the features.
  /// - Throws: ``KindredError/Code/wrongKind`` in a collection of vectors, which has none.
  public var imageModel: CollectionSettings.Model {
    get throws {
      if let model = settings.model { return model }
      throw Self.wrongKind(directory, has: .vectors)
    }
  }

  /// Numbers in a vector; `nil` in a collection of vectors that has none yet.
  public func dimension() throws -> Int? {
    if let model = settings.model { return model.featureDimension }
    // The first vector sets it for good; every search asks.
    if let known = vectorDimension.withLock({ $0 }) { return known }
    let moment = try moment()
    guard moment.rowCount > 0 else { return nil }
    let dimension = try features(at: moment).dimension
    vectorDimension.withLock { $0 = dimension }
    return dimension
  }

  /// Files beside the database are found by path, so whoever opens one must make sure that it is still this collection's.
  /// - Throws: ``KindredError/Code/noCollection`` when the collection was renamed or removed meanwhile.
  func checkPlace() throws {
    guard FileIdentity(of: files.database) == identity else {
      throw KindredError(
        .noCollection, place: directory, reason: "the collection that was here was renamed or removed",
        remedy: "Try again.")
    }
  }

  /// - Throws: ``KindredError/Code/damagedCollection`` when the file's rows are not those of the collection's network.
  func checkDimension(_ features: FeatureFile) throws {
    guard let layout = settings.layout, features.layout != layout else { return }
    let reason =
      features.dimension == layout.dimension
      ? "its rows hold other views or classes than the collection's settings say"
      : "rows of \(features.dimension) numbers, but the model gives \(layout.dimension)"
    throw KindredError(.damagedCollection, place: features.path, reason: reason)
  }

  static func wrongKind(_ directory: String, has kind: Kind) -> KindredError {
    switch kind {
    case .images:
      KindredError(
        .wrongKind, place: directory, reason: "this collection was made by indexing pictures, and holds no others",
        remedy: "Insert vectors into a collection that was made for them.")
    case .vectors:
      KindredError(
        .wrongKind, place: directory, reason: "this collection holds vectors that a client inserted, and no pictures",
        remedy: "Name a collection of pictures with --collection.")
    }
  }

  /// The feature file of a moment, with at least its committed rows.
  func features(at moment: Moment) throws -> FeatureFile {
    try openSegment.withLock { current in
      if current?.number != moment.segment {
        current = Segment(number: moment.segment, features: try FeatureFile(path: files.features(moment.segment)))
        do { try checkPlace() } catch {
          current = nil
          throw error
        }
      }
      guard let features = current?.features else { preconditionFailure("set above") }
      if features.rowCount < moment.rowCount { try features.refresh() }
      try checkDimension(features)
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

  /// Lets go of the feature file, the fit and the graph, so that the next search opens what is on the disk.
  func closeFiles() {
    openSegment.withLock { $0 = nil }
    openFit.withLock { $0 = nil }
    composed.withLock { $0 = nil }
  }

  // MARK: Helpers

  static func timestamp(_ date: Date = Date()) -> String {
    date.formatted(.iso8601)
  }

  /// A collection is found by its name or its identifier, so no name may look like one.
  static func checkIsNoIdentifier(_ name: String) throws {
    guard name.wholeMatch(of: /[0-9a-z]{36,44}/) != nil else { return }
    throw KindredError(
      .invalidArgument, place: name, reason: "the name looks like a collection's identifier",
      remedy: "Choose a shorter name, or one with a dash.")
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

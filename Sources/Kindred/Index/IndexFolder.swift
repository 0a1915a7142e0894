import Foundation
import ResNet
import Synchronization

/// The collections of one index folder, each open once, with their networks: what a program that runs for long needs.
///
/// Collections that other processes make, remove or write to are noticed.
public final class IndexFolder: Sendable {
  public let path: String
  let models: ModelCache
  private let open: Mutex<[String: OpenMember]> = Mutex([:])
  let turns = WriterTurns()
  let upkeep = GraphUpkeep()

  /// A collection of the folder.
  public struct Member: Sendable {
    /// The name of its folder.
    public let name: String
    public let collection: Collection
    /// Answers searches among pictures.
    public let searcher: Searcher
  }

  /// How the names of folders begin that are being deleted.
  private static let grave = ".deleted-"

  private struct OpenMember {
    let member: Member
    /// Device and inode of the database: another collection of the same name has others.
    let stamp: FileIdentity
  }

  /// - Parameters:
  ///   - path: the index folder, which need not be there yet.
  ///   - models: where networks are looked for.
  ///   - loadModel: loads a network from its file.
  public init(
    path: String, models: ModelStore = ModelStore(),
    loadModel: @escaping @Sendable (ModelReference) throws -> ImageModel = { try $0.load(precision: .auto) }
  ) {
    self.path = path
    self.models = ModelCache(store: models, load: loadModel)
    // What a crash left of a deletion.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasPrefix(Self.grave) {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  deinit { upkeep.stop() }

  // MARK: Finding

  /// The collections, by name. One that can't be opened is left out; asking for it by name says why.
  public func members() throws -> [Member] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().compactMap { try? named($0) }
  }

  /// A collection by its name or its identifier.
  /// - Throws: ``KindredError/Code/noCollection``, and what is wrong with its files.
  public func member(_ nameOrIdentifier: String) throws -> Member {
    if (try? Collection.directory(index: path, name: nameOrIdentifier)).map(Collection.exists(at:)) ?? false {
      return try named(nameOrIdentifier)
    }
    return try member(identifier: nameOrIdentifier)
  }

  /// A collection by its identifier, whatever its name is now.
  /// - Throws: ``KindredError/Code/noCollection``.
  public func member(identifier: String) throws -> Member {
    if let known = open.withLock({ $0.values.first { $0.member.collection.identifier == identifier } }),
      let member = try? named(known.member.name), member.collection.identifier == identifier
    {
      return member
    }
    if let member = try members().first(where: { $0.collection.identifier == identifier }) { return member }
    throw KindredError(.noCollection, place: identifier, reason: "no collection has this name or identifier")
  }

  private func named(_ name: String) throws -> Member {
    let directory = try Collection.directory(index: path, name: name)
    guard let stamp = FileIdentity(of: CollectionFiles(directory: directory).database) else {
      forget(name)
      throw KindredError(.noCollection, place: name, reason: "no collection has this name or identifier")
    }
    if let known = open.withLock({ $0[name] }), known.stamp == stamp { return known.member }
    let collection = try Collection(at: directory, kind: nil)
    let searcher = Searcher(collection) { [models] in try models.model(of: collection) }
    let member = Member(name: name, collection: collection, searcher: searcher)
    return open.withLock { open in
      // Another thread may have been quicker; there is one object for each collection.
      if let known = open[name], known.stamp == stamp { return known.member }
      open[name] = OpenMember(member: member, stamp: stamp)
      return member
    }
  }

  private func forget(_ name: String) { open.withLock { $0[name] = nil } }

  // MARK: Changing

  /// Makes an empty collection of pictures.
  /// - Parameters:
  ///   - name: of its folder.
  ///   - model: a model of the store.
  ///   - recipe: how its embeddings are made at first; what it needs is stored of every picture.
  ///   - definition: what people say of it.
  public func create(
    name: String, model: String = "default", recipe: RecipeChoice = RecipeChoice(EmbeddingRecipe.standard),
    definition: CollectionDefinition = CollectionDefinition()
  ) throws -> Member {
    let directory = try Collection.directory(index: path, name: name)
    try checkIsFree(name)
    let (reference, network) = try models.model(named: model)
    let described = CollectionSettings.Model(reference, network)
    let recipe = recipe.recipe(for: described)
    _ = try Collection.create(
      at: directory, settings: CollectionSettings(model: described, recipe: recipe), recipe: recipe,
      definition: definition)
    return try named(name)
  }

  /// Makes an empty collection of vectors.
  /// - Parameters:
  ///   - name: of its folder; made from the title when `nil`.
  ///   - definition: what people say of it.
  public func createVectors(name: String? = nil, definition: CollectionDefinition = CollectionDefinition()) throws
    -> Member
  {
    let settings = CollectionSettings(model: nil)
    if let name {
      try checkIsFree(name)
      _ = try Collection.create(
        at: Collection.directory(index: path, name: name), settings: settings, definition: definition)
      return try named(name)
    }
    let base = Self.folderName(for: definition.title ?? "")
    for number in 1... {
      let name = number == 1 ? base : "\(base)-\(number)"
      do {
        try checkIsFree(name)
        _ = try Collection.create(
          at: Collection.directory(index: path, name: name), settings: settings, definition: definition)
      } catch let error as KindredError where error.code == .collectionExists {
        continue
      }
      return try named(name)
    }
    preconditionFailure("numbers do not end")
  }

  /// Gives a collection another name.
  /// - Throws: ``KindredError/Code/busy`` while it is written to, ``KindredError/Code/collectionExists``.
  public func rename(_ member: Member, to name: String) throws -> Member {
    let directory = try Collection.directory(index: path, name: name)
    guard name != member.name else { return member }
    try write(to: member) { writer in
      try checkIsFree(name)
      try move(writer.collection, to: directory)
    }
    return try named(name)
  }

  /// Removes a collection with all files of its own. Pictures that were indexed where they lie stay.
  /// - Throws: ``KindredError/Code/busy`` while it is written to.
  public func delete(_ member: Member) throws {
    // Out of the way in one step, so that nobody finds half of a collection.
    let grave = path + "/" + Self.grave + member.collection.identifier
    try write(to: member) { try move($0.collection, to: grave) }
    do { try FileManager.default.removeItem(atPath: grave) } catch {
      throw KindredError(.unwritable, place: member.name, reason: "its files can't all be removed")
    }
  }

  private func move(_ collection: Collection, to directory: String) throws {
    let name = (collection.directory as NSString).lastPathComponent
    // What an interrupted creation left may be in the way.
    if FileManager.default.fileExists(atPath: directory) { try? FileManager.default.removeItem(atPath: directory) }
    guard Foundation.rename(collection.directory, directory) == 0 else {
      throw KindredError(.unwritable, place: name, reason: String(cString: strerror(errno)))
    }
    forget(name)
  }

  /// - Throws: ``KindredError/Code/collectionExists`` where something other than the remains of an interrupted creation
  ///   is; ``KindredError/Code/invalidArgument`` for what can't be a name.
  private func checkIsFree(_ name: String) throws {
    let directory = try Collection.directory(index: path, name: name)
    try Collection.checkIsNoIdentifier(name)
    guard CollectionFiles(directory: directory).areRemains else {
      throw KindredError(.collectionExists, place: name, reason: "the name is taken", remedy: "Choose another name.")
    }
  }

  /// Brings every collection's graph up to date in the background: what a stop or a crash left undone.
  public func catchUpGraphs() throws {
    for member in try members() { upkeep.note(member.collection, in: self) }
  }

  /// A folder's name made of what a title has of letters and digits.
  static func folderName(for title: String) -> String {
    let words = title.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = String(words.joined(separator: "-").prefix(60))
    return name.isEmpty ? "vectors" : name
  }

  // MARK: Networks

  /// A collection's network: loaded once, for searches and for indexing.
  public func model(of member: Member) throws -> ImageModel { try models.model(of: member.collection) }
}

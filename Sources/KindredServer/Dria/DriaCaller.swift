import Kindred

/// What a request of Dria's protocol can do for its caller. All of it blocks.
struct DriaCaller: Sendable {
  let services: ServerServices
  let access: Access

  // MARK: Collections

  func member(contract: String) throws -> IndexFolder.Member {
    let member = try services.member(contract, for: access)
    // A contract is an identifier; names are for the native API.
    guard member.collection.identifier == contract else { throw ServerProblem.unknownCollection }
    return member
  }

  func members() throws -> [IndexFolder.Member] { try services.folder.members().filter { access.sees($0.collection) } }

  func search(contract: String) throws -> DriaSearch { search(try member(contract: contract)) }

  private func search(_ member: IndexFolder.Member) -> DriaSearch {
    DriaSearch(member: member) { DriaMetadata.json(of: $0, collection: member.name) }
  }

  /// The local form's collection; `nil` where it is not there yet.
  func defaultSearch() throws -> DriaSearch? {
    do { return search(try services.member(services.options.collection, for: access)) } catch let error as KindredError
      where error.code == .noCollection
    {
      return nil
    }
  }

  /// The local form's collection, made when it is not there.
  func defaultMemberForInsertion() throws -> IndexFolder.Member {
    let name = services.options.collection
    do { return try services.member(name, for: access) } catch let error as KindredError
      where error.code == .noCollection
    {
      try access.requireAll(.writer)
    }
    do { return try services.folder.createVectors(name: name) } catch let error as KindredError
      where error.code == .collectionExists
    {
      return try services.member(name, for: access)
    }
  }

  // MARK: Entries

  /// - Throws: 404 for an identifier that is not there, 413 for more numbers than an answer may have.
  func entries(_ ids: [Int64], _ search: DriaSearch) throws -> [(vector: [Float], metadata: JSONValue)] {
    if let dimension = try search.member.collection.dimension(), dimension > 0 {
      let most = max(1, services.limits.fetchedNumbers / dimension)
      guard ids.count <= most else {
        throw ServerProblem.tooLarge("At most \(most) entries of this collection can be fetched at a time.")
      }
    }
    do { return try search.entries(ids) } catch let error as KindredError where Self.isUnknown(error) {
      // One by one, to name it.
      for id in ids {
        do { _ = try search.entries([id]) } catch let error as KindredError where Self.isUnknown(error) {
          throw Self.unknownEntry(id)
        }
      }
      throw error
    }
  }

  private static func isUnknown(_ error: KindredError) -> Bool { [.unknownEntry, .unknownImage].contains(error.code) }

  static func unknownEntry(_ id: Int64) -> ServerProblem {
    ServerProblem(
      status: 404, code: "unknown-entry", title: "No such entry", detail: "There is no entry with the id \(id).")
  }

  func insert(_ vectors: [NewVector], into member: IndexFolder.Member) throws {
    guard member.collection.kind == .vectors else {
      throw ServerProblem.readOnly("This collection was made by indexing pictures and takes no vectors.")
    }
    try services.folder.write(to: member) { try $0.insert(vectors) }
  }

  // MARK: Definitions

  /// The definition that a new collection is to have.
  func newDefinition(_ fields: DriaFields) throws(ServerProblem) -> CollectionDefinition {
    var definition = try changed(CollectionDefinition(), by: fields)
    _ = try fields.required("name", definition.title)
    definition.embedding = try fields.text("embedding")
    return definition
  }

  /// A definition with what a request changes of it.
  func changed(_ old: CollectionDefinition, by fields: DriaFields) throws(ServerProblem) -> CollectionDefinition {
    var definition = old
    if let name = try fields.text("name") {
      guard name.contains(where: { !$0.isWhitespace }) else { throw .invalid("`name` is empty.") }
      definition.title = name
    }
    definition.category = try fields.text("category") ?? old.category
    definition.description = try fields.text("description", most: DriaLimits.description) ?? old.description
    return definition
  }

  func contract(_ member: IndexFolder.Member) throws -> JSONValue {
    let definition = try member.collection.definition()
    return .object([
      ("contract_id", .string(member.collection.identifier)), ("name", .string(definition.title ?? member.name)),
      ("description", .string(definition.description ?? "")), ("category", .string(definition.category ?? "")),
    ])
  }

  /// The model that made a collection's vectors, as far as is known.
  func model(_ member: IndexFolder.Member) throws -> String? {
    try member.collection.settings.model?.name ?? member.collection.definition().embedding
  }
}

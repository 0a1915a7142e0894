import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/collections` and `/v1/collections/{collection}`.
  func addCollections(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/collections", access: .role(.reader)) { _, context in
      let collections = try await services.search {
        try services.folder.members().filter { context.access.sees($0.collection) }
          // One that is damaged is none that can be described; asking for it says what is wrong.
          .compactMap { try? CollectionJSON.value($0) }
      }
      return .json(.object([("collections", .array(collections))]))
    }
    table.add(.post, "/v1/collections", access: .allCollections(.admin), body: .json) { request, context in
      let wanted = try await RequestContent.json(request, context, services) { try NewCollection($0) }
      let created = try await services.embed {
        try CollectionJSON.value(
          services.folder.create(name: wanted.name, model: wanted.model, definition: wanted.definition))
      }
      return .json(created, status: .created)
    }
    table.add(.get, "/v1/collections/{collection}", access: .role(.reader)) { _, context in
      let name = try context.collectionName()
      return .json(try await services.search { try CollectionJSON.value(services.member(name, for: context.access)) })
    }
    table.add(.patch, "/v1/collections/{collection}", access: .role(.admin), body: .json) { request, context in
      let name = try context.collectionName()
      let changes = try await RequestContent.json(request, context, services) { try CollectionChanges($0) }
      return .json(
        try await services.write {
          var member = try services.member(name, for: context.access)
          if let newName = changes.name { member = try services.folder.rename(member, to: newName) }
          if changes.changesDefinition {
            try services.folder.write(to: member) { writer in
              var definition = try writer.collection.definition()
              changes.apply(to: &definition)
              try writer.setDefinition(definition)
            }
          }
          return try CollectionJSON.value(member)
        })
    }
    table.add(.delete, "/v1/collections/{collection}", access: .role(.admin)) { _, context in
      let name = try context.collectionName()
      try await services.write { try services.folder.delete(services.member(name, for: context.access)) }
      return .noContent
    }
  }
}

/// Writes collections as the API describes them.
enum CollectionJSON {
  static func value(_ member: IndexFolder.Member) throws -> JSONValue {
    let collection = member.collection
    let definition = try collection.definition()
    let state = try collection.indexState()
    let graph = collection.settings.graph
    return .object([
      ("name", .string(member.name)), ("id", .string(collection.identifier)),
      ("kind", .string(collection.kind.rawValue)), ("entries", .int(Int64(try collection.imageCount()))),
      ("model", .optional(collection.settings.model?.name ?? definition.embedding)),
      ("dimension", try collection.dimension().map { .int(Int64($0)) } ?? .null),
      (
        "index",
        .object([
          ("type", .string(state.hasGraph ? "hnsw" : "exact")), ("m", .int(Int64(graph.m))),
          ("ef_construction", .int(Int64(graph.efConstruction))), ("current", .bool(state.isCurrent)),
        ])
      ),
      ("title", .optional(definition.title)), ("description", .optional(definition.description)),
      ("category", .optional(definition.category)), ("created", .string(collection.created)),
      ("updated", .string(try collection.updated())),
    ])
  }
}

/// The body that makes a collection.
struct NewCollection: Sendable {
  var name: String
  var model: String
  var definition: CollectionDefinition

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["name", "model", "title", "description", "category"])
    guard let name = try fields.string("name", 1...100) else { throw .invalid("`name` is missing.") }
    let model = try fields.string("model", 1...200)
    let changes = try CollectionChanges(definitionOf: fields)
    definition = CollectionDefinition()
    changes.apply(to: &definition)
    try CollectionName.check(name)
    // Only names of the store: a path would have the server read whatever file a caller names.
    do { try ModelStore.checkName(model ?? "default") } catch {
      throw ServerProblem(
        status: 404, code: "not-found", title: "No such model",
        detail: "The server's store has no model of this name.")
    }
    self.name = name
    self.model = model ?? "default"
  }
}

/// The body that changes a collection.
struct CollectionChanges: Sendable {
  var name: String?
  var title: String?
  var description: String?
  var category: String?

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["name", "title", "description", "category"])
    guard !fields.isEmpty else { throw .invalid("The body must have one of name, title, description and category.") }
    try self.init(definitionOf: fields)
    name = try fields.string("name", 1...100)
    if let name { try CollectionName.check(name) }
  }

  fileprivate init(definitionOf fields: JSONFields) throws(ServerProblem) {
    title = try fields.string("title", 0...200)
    description = try fields.string("description", 0...2000)
    category = try fields.string("category", 0...200)
  }

  var changesDefinition: Bool { title != nil || description != nil || category != nil }

  /// An empty text takes away what was there.
  func apply(to definition: inout CollectionDefinition) {
    if let title { definition.title = title.isEmpty ? nil : title }
    if let description { definition.description = description.isEmpty ? nil : description }
    if let category { definition.category = category.isEmpty ? nil : category }
  }
}

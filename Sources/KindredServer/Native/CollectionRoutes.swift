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
          .compactMap { try? CollectionJSON.value($0, services) }
      }
      return .json(.object([("collections", .array(collections))]))
    }
    table.add(.post, "/v1/collections", access: .allCollections(.admin), body: .json) { request, context in
      let wanted = try await RequestContent.json(request, context, services) { try NewCollection($0) }
      let created = try await services.embed {
        let member = try services.folder.create(
          name: wanted.name, model: wanted.model, recipe: wanted.recipe, definition: wanted.definition)
        return try CollectionJSON.value(member, services)
      }
      return .json(created, status: .created)
    }
    table.add(.get, "/v1/collections/{collection}", access: .role(.reader)) { _, context in
      let name = try context.collectionName()
      return .json(
        try await services.search { try CollectionJSON.value(services.member(name, for: context.access), services) })
    }
    table.add(.patch, "/v1/collections/{collection}", access: .role(.admin), body: .json) { request, context in
      let name = try context.collectionName()
      let changes = try await RequestContent.json(request, context, services) { try CollectionChanges($0) }
      var member = try await services.search { try services.member(name, for: context.access) }
      // What can't be is said before anything is changed.
      if let recipe = changes.recipe { _ = try RecipeChanges.check(recipe, for: member.collection) }
      if changes.name != nil || changes.changesDefinition {
        member = try await services.write { [member] in try changes.apply(to: member, services.folder) }
      }
      if let recipe = changes.recipe {
        try await services.recipes.change(member, to: recipe, services, seconds: services.limits.recipeSeconds)
      }
      let (value, isChanging) = try await services.search { [member] in
        let change = services.recipes.change(of: member.collection.identifier)
        return (try CollectionJSON.value(member, services), change?.isRunning ?? false)
      }
      return .json(value, status: isChanging ? .accepted : .ok)
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
  static func value(_ member: IndexFolder.Member, _ services: ServerServices) throws -> JSONValue {
    let collection = member.collection
    let settings = collection.settings
    let definition = try collection.definition()
    let state = try collection.indexState()
    let graph = settings.graph
    let change = services.recipes.change(of: collection.identifier)
    return .object([
      ("name", .string(member.name)), ("id", .string(collection.identifier)),
      ("kind", .string(collection.kind.rawValue)), ("entries", .int(Int64(try collection.imageCount()))),
      ("model", .optional(settings.model?.name ?? definition.embedding)),
      ("dimension", try collection.dimension().map { .int(Int64($0)) } ?? .null),
      (
        "index",
        .object([
          ("type", .string(state.hasGraph ? "hnsw" : "exact")), ("m", .int(Int64(graph.m))),
          ("ef_construction", .int(Int64(graph.efConstruction))), ("current", .bool(state.isCurrent)),
        ])
      ),
      ("recipe", try settings.model.map { RecipeJSON.value(try collection.recipe(), for: $0) } ?? .null),
      ("recipe_change", change.map(RecipeJSON.value) ?? .null),
      ("possible_recipes", settings.model.map { RecipeJSON.possible(settings, for: $0) } ?? .array([])),
      ("stored_views", settings.model == nil ? .array([]) : RecipeJSON.views(settings.views)),
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
  var recipe: RecipeChoice
  var definition: CollectionDefinition

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["name", "model", "recipe", "title", "description", "category"])
    guard let name = try fields.string("name", 1...100) else { throw .invalid("`name` is missing.") }
    let model = try fields.string("model", 1...200)
    recipe = try RecipeChoice(fields, "recipe") ?? RecipeChoice(EmbeddingRecipe.standard)
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
  var recipe: RecipeChoice?

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["name", "title", "description", "category", "recipe"])
    guard !fields.isEmpty else {
      throw .invalid("The body must have one of name, title, description, category and recipe.")
    }
    try self.init(definitionOf: fields)
    name = try fields.string("name", 1...100)
    if let name { try CollectionName.check(name) }
    recipe = try RecipeChoice(fields, "recipe")
  }

  fileprivate init(definitionOf fields: JSONFields) throws(ServerProblem) {
    title = try fields.string("title", 0...200)
    description = try fields.string("description", 0...2000)
    category = try fields.string("category", 0...200)
  }

  var changesDefinition: Bool { title != nil || description != nil || category != nil }

  /// Changes what a collection is called and what is said of it.
  func apply(to member: IndexFolder.Member, _ folder: IndexFolder) throws -> IndexFolder.Member {
    let member = try name.map { try folder.rename(member, to: $0) } ?? member
    guard changesDefinition else { return member }
    try folder.write(to: member) { writer in
      var definition = try writer.collection.definition()
      apply(to: &definition)
      try writer.setDefinition(definition)
    }
    return member
  }

  /// An empty text takes away what was there.
  func apply(to definition: inout CollectionDefinition) {
    if let title { definition.title = title.isEmpty ? nil : title }
    if let description { definition.description = description.isEmpty ? nil : description }
    if let category { definition.category = category.isEmpty ? nil : category }
  }
}

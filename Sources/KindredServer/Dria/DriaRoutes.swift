import HTTPTypes
import Hummingbird
import Kindred

/// Dria's protocol: the hosted form, whose requests name a contract (a collection's identifier), and the local form,
/// which serves the server's default collection.
struct DriaRoutes {
  let services: ServerServices

  private typealias Answer = @Sendable (DriaFields, DriaCaller) throws -> JSONValue

  /// Where the work of a route is done.
  private enum Work { case reading, writing }

  func add(to table: inout RouteTable) {
    addSearches(to: &table)
    addKnowledge(to: &table)
    addLocalForm(to: &table)
  }

  private func addSearches(to table: inout RouteTable) {
    post("/hnsw/search", .role(.reader), &table) { fields, caller in
      let text = try fields.required("query", fields.text("query", most: DriaLimits.query))
      let isReranked = try fields.fields.bool("rerank") ?? true
      let top = try fields.top(most: DriaLimits.hitsOfSearch)
      let level = try fields.level()
      let search = try caller.search(contract: fields.contract())
      return .array(try search.matching(text, top: top, level: level).map { $0.json(isReranked ? .object : .text) })
    }
    post("/hnsw/query", .role(.reader), &table) { fields, caller in
      let vector = try fields.vector()
      let top = try fields.top(most: DriaLimits.hitsOfQuery)
      let level = try fields.level()
      let search = try caller.search(contract: fields.contract())
      return .array(try search.nearest(to: vector, top: top, level: level).map { $0.json(.text) })
    }
    post("/hnsw/fetch", .role(.reader), &table) { fields, caller in
      let ids = try fields.identifiers()
      let entries = try caller.entries(ids, caller.search(contract: fields.contract()))
      return .object([
        ("vectors", .array(entries.map { .array($0.vector.map(JSONValue.float)) })),
        ("metadata", .array(entries.map { .string($0.metadata.text) })),
      ])
    }
    post("/hnsw/entry_count", .role(.reader), &table) { fields, caller in
      .object([("entry_count", .int(Int64(try caller.member(contract: fields.contract()).collection.imageCount())))])
    }
    post("/hnswt/insert_vector", .role(.writer), body: .picture, work: .writing, &table) { fields, caller in
      let data = try fields.required("data", fields.fields.string("data", 0...Int.max))
      if let size = try fields.fields.int("batch_size", 0...Int.max), size > DriaLimits.batch {
        throw ServerProblem.invalid("`batch_size` is \(size); a batch has at most \(DriaLimits.batch) vectors.")
      }
      let member = try caller.member(contract: fields.contract())
      let vectors = try BatchVectorDecoding.vectors(base64: data)
      try caller.insert(vectors, into: member)
      return .string("\(vectors.count) vectors inserted")
    }
    post("/hnswt/insert_text", .role(.writer), body: .picture, &table) { _, _ in
      throw ServerProblem(
        status: 501, code: "not-implemented", title: "Not implemented",
        detail: "This server has networks for pictures and none that embeds text.",
        remedy: "Embed the text yourself and use /hnswt/insert_vector.")
    }
  }

  private func addKnowledge(to table: inout RouteTable) {
    post("/v1/knowledge/index/create", .allCollections(.admin), work: .writing, &table) { fields, caller in
      let member = try caller.services.folder.createVectors(definition: caller.newDefinition(fields))
      return .object([("contract_id", .string(member.collection.identifier))])
    }
    post("/v1/knowledge/index/update", .role(.admin), work: .writing, &table) { fields, caller in
      let member = try caller.member(contract: fields.contract())
      let definition = try caller.changed(member.collection.definition(), by: fields)
      try caller.services.folder.write(to: member) { try $0.setDefinition(definition) }
      return try caller.contract(member)
    }
    post("/v1/knowledge/remove", .role(.admin), work: .writing, &table) { fields, caller in
      try caller.services.folder.delete(caller.member(contract: fields.contract()))
      return .object([("message", .bool(true))])
    }
    get("/v1/knowledge/index/get_model", .role(.reader), &table) { fields, caller in
      .object([("model", .optional(try caller.model(caller.member(contract: fields.contract()))))])
    }
    get("/v1/knowledge/list", .role(.reader), &table) { _, caller in
      .object([("contracts", .array(try caller.members().map { try caller.contract($0) }))])
    }
    get("/v1/knowledge/get_knowledge_base", .role(.reader), &table) { fields, caller in
      let member = try caller.member(contract: fields.contract())
      guard case .object(let contract) = try caller.contract(member) else { return .null }
      return .object(
        contract + [
          ("entry_count", .int(Int64(try member.collection.imageCount()))),
          ("embedding_model", .optional(try caller.model(member))), ("index_type", .string("hnsw")),
          ("created", .string(member.collection.created)),
        ])
    }
  }

  private func addLocalForm(to table: inout RouteTable) {
    // A sign of life: it asks for no key and says nothing of any collection.
    table.add(.get, "/health", access: .anybody, isExempt: true) { _, _ in
      DriaEnvelope.response(data: .string("hello world!"))
    }
    post("/query", .role(.reader), &table) { fields, caller in
      let vector = try fields.vector()
      let top = try fields.top(most: DriaLimits.hitsOfQuery)
      let level = try fields.level()
      let words = try fields.text("query", most: DriaLimits.query)
      guard let search = try caller.defaultSearch() else { return .array([]) }
      return .array(try search.nearest(to: vector, top: top, level: level, words: words).map { $0.json(.object) })
    }
    post("/fetch", .role(.reader), &table) { fields, caller in
      let ids = try fields.identifiers()
      guard let search = try caller.defaultSearch() else { throw DriaCaller.unknownEntry(ids.first ?? 0) }
      return .array(try caller.entries(ids, search).map(\.metadata))
    }
    post("/insert_vector", .role(.writer), body: .picture, work: .writing, &table) { fields, caller in
      let vectors = try LocalVectors.vectors(fields)
      try caller.insert(vectors, into: caller.defaultMemberForInsertion())
      return .string("Success")
    }
  }

  // MARK: From HTTP and back

  private func post(
    _ path: String, _ access: RouteAccess, body: RouteBody = .json, work: Work = .reading, _ table: inout RouteTable,
    answer: @escaping Answer
  ) {
    table.add(.post, path, access: access, body: body) { [services] request, context in
      let bytes = try await RequestBodyReader.bytes(request, context)
      return try await Self.respond(services, context, work) {
        try DriaFields(RequestContent.parse(bytes.readableBytesView))
      } answer: {
        try answer($0, $1)
      }
    }
  }

  private func get(_ path: String, _ access: RouteAccess, _ table: inout RouteTable, answer: @escaping Answer) {
    table.add(.get, path, access: access) { [services] request, context in
      let query = request.uri.queryParameters.map { (String($0.key), JSONValue.string(String($0.value))) }
      return try await Self.respond(services, context, .reading) {
        try DriaFields(.object(query))
      } answer: {
        try answer($0, $1)
      }
    }
  }

  /// Reads the fields and answers on a thread of a pool: long bodies take a while to read.
  private static func respond(
    _ services: ServerServices, _ context: ServerContext, _ work: Work,
    fields: @escaping @Sendable () throws -> DriaFields, answer: @escaping Answer
  ) async throws -> Response {
    let caller = DriaCaller(services: services, access: context.access)
    let body: @Sendable () throws -> ByteBuffer = {
      ByteBuffer(bytes: DriaEnvelope.json(code: 200, data: try answer(fields(), caller)).bytes)
    }
    let buffer =
      switch work {
      case .reading: try await services.search(body)
      case .writing: try await services.write(body)
      }
    return DriaEnvelope.response(buffer)
  }
}

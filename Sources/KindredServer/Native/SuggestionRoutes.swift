import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/collections/{collection}/suggestions`: labels that images may deserve.
  func addSuggestions(to table: inout RouteTable) {
    let services = services
    let path = "/v1/collections/{collection}/suggestions"
    table.add(.get, path, access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let wanted = try SuggestionsWanted(QueryParameters(request))
      let writer = ImageJSON(services, context.access)
      // They are learnt anew when labels or images have changed, and kept until then.
      return .json(
        try await services.compute {
          let member = try services.member(name, for: context.access)
          guard member.collection.kind == .images else { return Self.json(nil, collection: name, writer) }
          return Self.json(try wanted.suggestions(of: member.collection), collection: name, writer)
        })
    }
    table.add(.post, path + "/accept", access: .role(.writer), body: .json) { request, context in
      let name = try context.collectionName()
      let judged = try await RequestContent.json(request, context, services) { try JudgedLabel($0) }
      return try await Self.change(services, context, name: name) { try $0.accept(judged.label, for: judged.images) }
    }
    table.add(.post, path + "/reject", access: .role(.writer), body: .json) { request, context in
      let name = try context.collectionName()
      let judged = try await RequestContent.json(request, context, services) { try JudgedLabel($0) }
      return try await Self.change(services, context, name: name) { try $0.reject(judged.label, for: judged.images) }
    }
  }

  private static func json(_ found: LabelSuggestions?, collection: String, _ writer: ImageJSON) -> JSONValue {
    let suggestions = (found?.suggestions ?? []).map { suggestion in
      JSONValue.object([
        ("label", .string(suggestion.label)), ("confidence", .double(min(1, max(0, suggestion.confidence)))),
        ("image", writer.value(suggestion.image, collection: collection)),
      ])
    }
    return .object([
      ("suggestions", .array(suggestions)), ("total", .int(Int64(found?.total ?? 0))),
      ("unlabelled", .int(Int64(found?.unlabelled ?? 0))),
      ("labels", .array((found?.labels ?? []).map(JSONValue.string))),
    ])
  }

  private static func change(
    _ services: ServerServices, _ context: ServerContext, name: String,
    _ body: @escaping @Sendable (CollectionWriter) throws -> Int
  ) async throws -> Response {
    let changed = try await services.write {
      let member = try services.images(name, for: context.access, otherwise: ServerProblem.unknownImage.ofRequest)
      do { return try services.folder.write(to: member, body) } catch let error as KindredError
        where [.unknownImage, .unknownLabel].contains(error.code)
      {
        throw (ServerProblem.problem(of: error) ?? .unknownImage).ofRequest
      }
    }
    return .json(.object([("changed", .int(Int64(changed)))]))
  }
}

/// Which suggestions a request asks for.
private struct SuggestionsWanted: Sendable {
  var label: String?
  var confidence: Double
  var top: Int
  var offset: Int

  init(_ query: QueryParameters) throws(ServerProblem) {
    label = try query.text("label", 1...200)
    if let label { try LabelName.check(label, field: "label") }
    confidence = try query.number("min_confidence", 0...1) ?? 0.8
    top = try query.int("top", 1...1000) ?? 100
    offset = try query.int("offset", 0...100_000) ?? 0
  }

  func suggestions(of collection: Kindred.Collection) throws -> LabelSuggestions {
    do {
      return try collection.labelSuggestions(
        labels: label.map { [$0] }, minimumConfidence: confidence, limit: top, offset: offset)
    } catch let error as KindredError where error.code == .unknownLabel {
      throw try NativeRoutes.unknownLabel(label ?? "", in: collection)
    }
  }
}

/// The body that accepts or rejects a label for images.
private struct JudgedLabel: Sendable {
  var label: String
  var images: [Int64]

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["label", "images"])
    guard let label = try fields.string("label", 1...200) else { throw .invalid("`label` is missing.") }
    try LabelName.check(label, field: "label")
    guard let values = try fields.array("images", 1...1000) else { throw .invalid("`images` is missing.") }
    self.label = label
    images = []
    for value in values {
      guard let number = JSONFields.number(value).flatMap(Int64.init(exactly:)), (1...(1 << 53)).contains(number) else {
        throw .invalid("`images` must be whole numbers from 1 to \(1 << 53).")
      }
      images.append(number)
    }
  }
}

import Hummingbird
import Kindred

extension NativeRoutes {
  /// Labels of a collection and of an image.
  func addLabels(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/collections/{collection}/labels", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let query = try QueryParameters(request)
      let prefix = try query.text("prefix", 0...200) ?? ""
      let limit = try query.int("limit", 1...1000) ?? 100
      let labels = try await services.search {
        let member = try services.member(name, for: context.access)
        return member.collection.kind == .images ? try member.collection.labels(prefix: prefix, limit: limit) : []
      }
      return .json(
        .object([
          (
            "labels",
            .array(
              labels.map {
                .object([
                  ("name", .string($0.name)), ("count", .int(Int64($0.count))), ("given", .int(Int64($0.given))),
                ])
              })
          )
        ]))
    }
    let path = "/v1/collections/{collection}/images/{image}/labels"
    table.add(.post, path, access: .role(.writer), body: .json) { request, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      let label = try await RequestContent.json(request, context, services) { value -> String in
        let fields = try JSONFields(value, known: ["label"])
        guard let label = try fields.string("label", 1...200) else {
          throw ServerProblem.invalid("`label` is missing.")
        }
        try LabelName.check(label, field: "label")
        return label
      }
      return try await Self.change(services, context, name: name, id: id) { _ = try $0.addLabel(label, to: [id]) }
    }
    table.add(.delete, path, access: .role(.writer)) { request, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      guard let label = try QueryParameters(request).text("label", 1...200) else {
        throw ServerProblem.invalid("`label` is missing.")
      }
      try LabelName.check(label, field: "label")
      return try await Self.change(services, context, name: name, id: id) { writer in
        guard try writer.removeLabel(label, from: [id]) > 0 else {
          throw KindredError(.unknownLabel, place: label, reason: "the image does not carry this label")
        }
      }
    }
  }

  /// Changes one image and describes it.
  private static func change(
    _ services: ServerServices, _ context: ServerContext, name: String, id: Int64,
    _ body: @escaping @Sendable (CollectionWriter) throws -> Void
  ) async throws -> Response {
    let record = try await services.write {
      let member = try services.images(name, for: context.access, otherwise: .unknownImage)
      return try services.folder.write(to: member) { writer in
        _ = try member.collection.record(id: id)
        try body(writer)
        return try member.collection.record(id: id)
      }
    }
    return .json(ImageJSON(services, context.access).value(record, collection: name))
  }
}

import HTTPTypes
import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/collections/{collection}/images` and `/v1/collections/{collection}/images/{image}`.
  func addImages(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/collections/{collection}/images", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let query = try QueryParameters(request)
      let after = try query.int("after_id", 0...(1 << 53)) ?? 0
      let limit = try query.int("limit", 1...1000) ?? 100
      let newestFirst = try query.choice("order", ["oldest", "newest"]) == "newest"
      let filter = try SearchFilter(query, seenBy: PathVisibility(services, context.access))
      let writer = ImageJSON(services, context.access)
      return .json(
        try await services.search {
          let member = try services.member(name, for: context.access)
          let images =
            member.collection.kind == .images
            ? try member.collection.images(
              after: after > 0 ? Int64(after) : nil, limit: limit, filter: filter, newestFirst: newestFirst) : []
          let next = images.count == limit ? images.last.map { JSONValue.int($0.id) } : nil
          return .object([
            ("images", .array(images.map { writer.value($0, collection: name) })), ("next", next ?? .null),
          ])
        })
    }
    table.add(.post, "/v1/collections/{collection}/images", access: .role(.writer), body: .picture) {
      request, context in
      let name = try context.collectionName()
      let query = try QueryParameters(request)
      let image = try await PictureToAdd(request, context, query: query, services: services)
      let added = try await services.write { try services.add([image.image], to: name, for: context.access)[0].get() }
      let value = ImageJSON(services, context.access).value(added.record, collection: name)
      return .json(value, status: added.isNew ? .created : .ok)
    }
    let item = "/v1/collections/{collection}/images/{image}"
    table.add(.get, item, access: .role(.reader)) { _, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      let record = try await services.search { try services.record(id, in: name, for: context.access) }
      return .json(ImageJSON(services, context.access).value(record, collection: name))
    }
    table.add(.delete, item, access: .role(.writer)) { _, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      try await services.write {
        let member = try services.images(name, for: context.access, otherwise: .unknownImage)
        let count = try services.folder.write(to: member) { try $0.removeImages(ids: [id]) }
        guard count > 0 else { throw ServerProblem.unknownImage }
      }
      return .noContent
    }
  }
}

extension ServerServices {
  /// An image of a collection that the caller may see.
  func record(_ id: Int64, in name: String, for access: Access) throws -> ImageRecord {
    try images(name, for: access, otherwise: .unknownImage).collection.record(id: id)
  }

  /// Adds pictures. It waits for other writers, so it is for threads that write: those of searches must not stand still
  /// while a folder is indexed.
  func add(_ images: [NewImage], to name: String, for access: Access) throws -> [Result<AddedImage, any Error>] {
    let member = try self.images(
      name, for: access, otherwise: .readOnly("This collection holds vectors and no pictures."))
    return try folder.write(to: member) { writer in
      try writer.add(
        images, model: { try folder.model(of: member) }, maximumPixels: limits.imagePixels)
    }
  }
}

/// A picture that a request wants to be added.
struct PictureToAdd: Sendable {
  var image: NewImage

  /// Reads a request's query and body.
  init(_ request: Request, _ context: ServerContext, query: QueryParameters, services: ServerServices) async throws {
    let name = try query.text("name", 1...255)
    let labels = try query.texts("label", 1...200, atMost: 64)
    for label in labels { try LabelName.check(label, field: "label") }
    if try RequestContent.check(request, RequestContent.pictureTypes + [RequestContent.json]) == RequestContent.json {
      self = try await RequestContent.parsed(request, context, services) { try Self($0, roots: services.roots) }
      image.labels += labels
      if case .bytes(let bytes, nil) = image.source { image.source = .bytes(bytes, name: name) }
    } else {
      self.init(
        image: NewImage(.bytes(try await RequestContent.picture(request, context), name: name), labels: labels))
    }
  }

  private init(image: NewImage) { self.image = image }

  /// Reads `NewImage`.
  init(_ value: JSONValue, roots: AllowedRoots) throws {
    let fields = try JSONFields(value, known: ["image", "path", "name", "labels"])
    guard fields.has("image") != fields.has("path") else {
      throw ServerProblem.invalid("The body must have either `image` or `path`.")
    }
    let name = try fields.string("name", 1...255)
    let labels = try LabelName.labels(fields, "labels")
    if let bytes = try fields.base64("image") {
      image = NewImage(.bytes(bytes, name: name), labels: labels)
    } else {
      let path = try fields.string("path", 1...4096) ?? ""
      image = NewImage(.file(try roots.resolve(path)), labels: labels)
    }
  }
}

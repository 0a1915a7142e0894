import HTTPTypes
import Hummingbird
import Kindred

extension NativeRoutes {
  /// Thumbnails and originals.
  func addImageFiles(to table: inout RouteTable) {
    let services = services
    let changing = "private, no-cache"
    let item = "/v1/collections/{collection}/images/{image}"
    table.add(.get, "\(item)/thumbnail", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      let query = try QueryParameters(request)
      let size = try query.choice("size", ["128", "256", "512"]).flatMap { Int($0) } ?? 256
      let version = try query.text("v", 1...64)
      return try await Self.file(
        services, request, context, name: name, id: id, contentType: { _ in "image/jpeg" }, variant: "-\(size)",
        // An address without the bytes' name, or with that of earlier ones, may have other bytes tomorrow.
        cacheControl: { version == String($0.contentVersion) ? "private, max-age=31536000, immutable" : changing }
      ) { try $0.thumbnail(of: $1, longerSide: size) }
    }
    table.add(.get, "\(item)/original", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let id = try context.imageIdentifier()
      return try await Self.file(
        services, request, context, name: name, id: id, contentType: { "image/\($0.format)" }, variant: "",
        cacheControl: { _ in changing }
      ) { try $0.originalBytes(of: $1) }
    }
  }

  private static func file(
    _ services: ServerServices, _ request: Request, _ context: ServerContext, name: String, id: Int64,
    contentType: @escaping @Sendable (ImageRecord) -> String, variant: String,
    cacheControl: @escaping @Sendable (ImageRecord) -> String,
    bytes: @escaping @Sendable (Kindred.Collection, ImageRecord) throws -> [UInt8]
  ) async throws -> Response {
    let known = request.headers[.ifNoneMatch]
    return try await services.picture {
      let member = try services.images(name, for: context.access, otherwise: .unknownImage)
      let record = try member.collection.record(id: id)
      var headers = HTTPFields()
      let tag = "\"\(record.sha256.prefix(32))\(variant)\""
      headers[.eTag] = tag
      headers[.cacheControl] = cacheControl(record)
      if EntityTag.matches(known, tag) { return Response(status: .notModified, headers: headers) }
      let body = ByteBuffer(bytes: try bytes(member.collection, record))
      headers[.contentType] = contentType(record)
      return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
  }
}

extension ServerServices {
  /// Runs work that reads or makes picture files.
  func picture<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await pictures.run(body)
  }
}

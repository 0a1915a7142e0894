import HTTPTypes
import Hummingbird
import Kindred

/// The web page's files and the API's document, which are part of the program.
enum PageFiles {
  struct File: Sendable {
    var path: String
    var contentType: String
    var bytes: [UInt8]
    var entityTag: String

    init(_ path: String, _ contentType: String, _ bytes: [UInt8]) {
      self.path = path
      self.contentType = contentType
      self.bytes = bytes
      entityTag = EntityTag.of(bytes)
    }
  }

  static let all: [File] = [
    File("/openapi.json", "application/json", PackageResources.openapi_json)
  ]

  static func addRoutes(to table: inout RouteTable) {
    for file in all {
      table.add(.get, file.path, access: .anybody) { request, _ in
        var headers = HTTPFields()
        headers[.eTag] = file.entityTag
        headers[.cacheControl] = "no-cache"
        if EntityTag.matches(request.headers[.ifNoneMatch], file.entityTag) {
          return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.contentType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
      }
    }
  }
}

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

  private static let script = "text/javascript; charset=utf-8"
  private static let style = "text/css; charset=utf-8"
  private static let page = "text/html; charset=utf-8"

  /// Each file of the folder Resources; a test looks after that.
  static let all: [File] = [
    File("/", page, PackageResources.index_html),
    File("/docs", page, PackageResources.docs_html),
    File("/openapi.json", "application/json", PackageResources.openapi_json),
    File("/icon.svg", "image/svg+xml", PackageResources.icon_svg),
    File("/app.css", style, PackageResources.app_css),
    File("/docs.css", style, PackageResources.docs_css),
    File("/api.js", script, PackageResources.api_js),
    File("/app.js", script, PackageResources.app_js),
    File("/cards.js", script, PackageResources.cards_js),
    File("/combobox.js", script, PackageResources.combobox_js),
    File("/detail.js", script, PackageResources.detail_js),
    File("/docs.js", script, PackageResources.docs_js),
    File("/dom.js", script, PackageResources.dom_js),
    File("/duplicates.js", script, PackageResources.duplicates_js),
    File("/gestures.js", script, PackageResources.gestures_js),
    File("/grid.js", script, PackageResources.grid_js),
    File("/jobs.js", script, PackageResources.jobs_js),
    File("/labels.js", script, PackageResources.labels_js),
    File("/map.js", script, PackageResources.map_js),
    File("/pictures.js", script, PackageResources.pictures_js),
    File("/points.js", script, PackageResources.points_js),
    File("/query.js", script, PackageResources.query_js),
    File("/schema.js", script, PackageResources.schema_js),
    File("/search.js", script, PackageResources.search_js),
    File("/state.js", script, PackageResources.state_js),
    File("/suggestions.js", script, PackageResources.suggestions_js),
    File("/theme.js", script, PackageResources.theme_js),
    File("/thumbs.js", script, PackageResources.thumbs_js),
    File("/tray.js", script, PackageResources.tray_js),
    File("/views.js", script, PackageResources.views_js),
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

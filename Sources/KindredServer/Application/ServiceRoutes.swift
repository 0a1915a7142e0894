import Glibc
import HTTPTypes
import Hummingbird
import Kindred

/// Signs of life and metrics.
struct ServiceRoutes {
  let services: ServerServices

  func add(to table: inout RouteTable) {
    table.add(.get, "/healthz", access: .anybody, isExempt: true) { _, _ in Self.text("ok\n") }
    table.add(.get, "/readyz", access: .anybody, isExempt: true) { [services] _, _ in
      if services.isDraining.isSet { throw ServerProblem.draining }
      let isReadable = try await services.search {
        access(services.options.index, R_OK | X_OK) == 0 && (try? services.keys.isEmpty) != nil
      }
      guard isReadable else {
        throw ServerProblem.unavailable(
          code: "not-ready", title: "The server is not ready", detail: "The index folder can't be read.",
          remedy: "The server's log says more.")
      }
      return Self.text("ready\n")
    }
    table.add(.get, "/metrics", access: .allCollections(.admin), isExempt: true) { [services] _, _ in
      let collections = try await services.search {
        try services.folder.members().prefix(200).map {
          (name: $0.name, entries: (try? $0.collection.imageCount()) ?? 0)
        }
      }
      let text = services.metrics.text(
        collections: collections, waiting: services.pools.map { ($0.name, $0.waiting) })
      return Self.text(text, contentType: PrometheusText.contentType)
    }
  }

  private static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> Response {
    var headers = HTTPFields()
    headers[.contentType] = contentType
    headers[.cacheControl] = "no-store"
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

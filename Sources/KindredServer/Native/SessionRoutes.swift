import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/session` and `/v1/roots`.
  func addSession(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/session", access: .role(.reader)) { _, context in
      let access = context.access
      var collections = JSONValue.null
      if access.collections != nil {
        let names = try await services.search {
          try services.folder.members().filter { access.sees($0.collection) }.map(\.name)
        }
        collections = .array(names.map(JSONValue.string))
      }
      return .json(
        .object([
          ("version", .string(kindredVersion)), ("role", .string((access.role ?? .reader).rawValue)),
          ("keyed", .bool(access.isKeyed)), ("collections", collections),
        ]))
    }
    table.add(.get, "/v1/roots", access: .role(.reader)) { _, _ in
      let roots = try await services.search {
        services.roots.roots.map { root in
          JSONValue.object([
            ("name", .string(root.name)),
            ("folders", .array(services.roots.folders(under: root.name, limit: 200).map(JSONValue.string))),
          ])
        }
      }
      return .json(.object([("roots", .array(roots))]))
    }
  }
}

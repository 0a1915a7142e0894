import HTTPTypes
import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/collections/{collection}/duplicates`.
  func addDuplicates(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/collections/{collection}/duplicates", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let wanted = try DuplicatesWanted(QueryParameters(request))
      let writer = ImageJSON(services, context.access)
      let (json, isFound) = try await services.search { () -> (JSONValue, Bool) in
        let member = try services.member(name, for: context.access)
        guard member.collection.kind == .images else {
          return (wanted.json(nil, isCurrent: true, member, name, writer), true)
        }
        switch try services.duplicates.answer(for: member.collection) {
        case .found(let found, let isCurrent):
          return (wanted.json(found, isCurrent: isCurrent, member, name, writer), true)
        case .running(let progress): return (Self.running(progress), false)
        case .waiting: return (.object([("state", .string("waiting"))]), false)
        }
      }
      if isFound { return .json(json) }
      return .json(json, status: .accepted, headers: [.retryAfter: "1"])
    }
  }

  private static func running(_ progress: DuplicateProgress?) -> JSONValue {
    var fields: [(String, JSONValue)] = [("state", .string("running"))]
    if let progress {
      fields += [
        ("stage", .string(progress.stage == .neighbors ? "neighbors" : "pairs")),
        ("completed", .int(Int64(progress.completed))), ("total", .int(Int64(progress.total))),
      ]
    }
    return .object(fields)
  }
}

/// Which duplicates a request asks for.
private struct DuplicatesWanted: Sendable {
  var kind: DuplicateKind
  var top: Int
  var offset: Int

  init(_ query: QueryParameters) throws(ServerProblem) {
    kind = try query.choice("kind", DuplicateKind.allCases.map(\.rawValue)).flatMap(DuplicateKind.init) ?? .same
    top = try query.int("top", 1...200) ?? 50
    offset = try query.int("offset", 0...100_000) ?? 0
  }

  func json(
    _ found: DuplicateSearches.Found?, isCurrent: Bool, _ member: IndexFolder.Member, _ name: String,
    _ writer: ImageJSON
  ) -> JSONValue {
    let all = found?.groups[kind] ?? []
    let groups = all.dropFirst(offset).prefix(top).map { group in
      JSONValue.object([
        ("count", .int(Int64(group.count))),
        ("members", .array(group.members.compactMap { json($0, member, name, writer) })),
      ])
    }
    let totals = DuplicateKind.allCases.map { kind in
      (kind.rawValue, JSONValue.int(Int64(found?.groups[kind]?.count ?? 0)))
    }
    return .object([
      ("kind", .string(kind.rawValue)), ("groups", .array(groups)), ("totals", .object(totals)),
      ("current", .bool(isCurrent)),
    ])
  }

  /// `nil` for an image that has left the collection since.
  private func json(
    _ member: DuplicateSearches.Group.Member, _ place: IndexFolder.Member, _ name: String, _ writer: ImageJSON
  ) -> JSONValue? {
    guard let record = try? place.collection.record(id: member.image) else { return nil }
    return .object([
      ("image", writer.value(record, collection: name)), ("score", .float(member.score)),
      ("changes", .array(member.relation.words.map(JSONValue.string))), ("files", .int(Int64(member.fileCount))),
      ("versions", .int(Int64(member.versionCount))), ("checked", .bool(!member.isUnchecked)),
    ])
  }
}

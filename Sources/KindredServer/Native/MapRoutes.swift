import Hummingbird
import Kindred
import NIOCore
import Synchronization

extension NativeRoutes {
  /// `/v1/collections/{collection}/map`.
  func addMap(to table: inout RouteTable) {
    let services = services
    let cache = MapCache()
    table.add(.get, "/v1/collections/{collection}/map", access: .role(.reader)) { request, context in
      let name = try context.collectionName()
      let limit = try QueryParameters(request).int("limit", 1...50_000) ?? 20_000
      let body = try await services.picture {
        try cache.json(of: services.member(name, for: context.access).collection, limit: limit)
      }
      var response = Response.json(.null)
      response.body = ResponseBody(byteBuffer: body)
      return response
    }
  }
}

/// The maps that were asked for last. Each takes about a second to make, and stays right until its collection changes.
private final class MapCache: Sendable {
  private struct Entry {
    var collection: String
    var limit: Int
    var version: CollectionVersion
    var json: ByteBuffer
  }
  private static let mostEntries = 8
  /// Newest last.
  private let entries: Mutex<[Entry]> = Mutex([])

  func json(of collection: Kindred.Collection, limit: Int) throws -> ByteBuffer {
    // Asked before the map is made: what changes meanwhile has it made again.
    let version = try collection.version()
    let known = entries.withLock { entries in
      entries.first {
        $0.collection == collection.identifier && $0.limit == limit && $0.version == version
      }
    }
    if let known { return known.json }
    let map = try collection.map(limit: limit)
    func places(_ values: [Float]) -> JSONValue {
      // Four decimals are a tenth of a pixel on the widest screen.
      .array(values.map { .double((Double($0) * 10_000).rounded() / 10_000) })
    }
    let json = JSONValue.object([
      ("total", .int(Int64(map.total))), ("ids", .array(map.ids.map(JSONValue.int))), ("x", places(map.x)),
      ("y", places(map.y)),
    ])
    let entry = Entry(
      collection: collection.identifier, limit: limit, version: version, json: ByteBuffer(bytes: json.bytes))
    entries.withLock { entries in
      entries.removeAll {
        $0.collection == entry.collection && ($0.limit == limit || $0.version != entry.version)
      }
      if entries.count >= Self.mostEntries { entries.removeFirst() }
      entries.append(entry)
    }
    return entry.json
  }
}

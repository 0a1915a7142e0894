import Hummingbird
import Kindred

/// The routes of Kindred's own API, as `openapi.json` describes them.
struct NativeRoutes {
  let services: ServerServices

  func add(to table: inout RouteTable) {
    addSession(to: &table)
    addCollections(to: &table)
    addImages(to: &table)
    addImageFiles(to: &table)
    addBatch(to: &table)
    addLabels(to: &table)
    addSuggestions(to: &table)
    addSearch(to: &table)
    addDuplicates(to: &table)
    addMap(to: &table)
    addJobs(to: &table)
  }
}

extension ServerServices {
  /// A collection of pictures that the caller may see.
  /// - Throws: what `otherwise` says for a collection of vectors.
  func images(_ name: String, for access: Access, otherwise: ServerProblem) throws -> IndexFolder.Member {
    let member = try member(name, for: access)
    guard member.collection.kind == .images else { throw otherwise }
    return member
  }
}

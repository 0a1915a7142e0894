import HTTPTypes
import Hummingbird
import Kindred

/// Who may ask for a route.
public enum RouteAccess: Sendable, Equatable {
  /// Anybody, with or without a key.
  case anybody
  /// Who has the role.
  case role(AccessRole)
  /// Who has the role on all collections.
  case allCollections(AccessRole)
}

/// What a route reads of a request's body.
public enum RouteBody: Sendable, Equatable {
  case none
  /// As many bytes as JSON may have.
  case json
  /// As many bytes as a picture may have.
  case picture
}

/// One method of one path.
public struct Route: Sendable {
  public var method: HTTPRequest.Method
  /// With parameters in braces: `/v1/collections/{collection}`.
  public var path: String
  public var access: RouteAccess
  public var body: RouteBody
  /// Whether the request ends after the seconds that a request may take; streams do not.
  public var isTimed: Bool
  /// Whether it is answered also where requests in flight are too many: signs of life are.
  public var isExempt: Bool
  public var handler: @Sendable (Request, ServerContext) async throws -> Response
}

/// The routes of the server, from which its router is made.
public struct RouteTable: Sendable {
  public private(set) var routes: [Route] = []

  public init() {}

  /// Adds a route.
  /// - Parameters:
  ///   - method: GET also answers HEAD.
  ///   - path: with parameters in braces.
  ///   - access: who may ask.
  ///   - body: what is read of the body; past it the answer is 413.
  ///   - isTimed: false for streams.
  ///   - isExempt: true for signs of life.
  ///   - handler: answers. It must not block.
  public mutating func add(
    _ method: HTTPRequest.Method, _ path: String, access: RouteAccess, body: RouteBody = .none, isTimed: Bool = true,
    isExempt: Bool = false, handler: @escaping @Sendable (Request, ServerContext) async throws -> Response
  ) {
    routes.append(
      Route(
        method: method, path: path, access: access, body: body, isTimed: isTimed, isExempt: isExempt, handler: handler))
  }

  /// The methods that a path answers; none where there is nothing. As for the router, a name goes before a parameter.
  func methods(at path: String) -> [String] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    var methods = Set<String>()
    var mostNames = -1
    for route in routes {
      let pattern = route.path.split(separator: "/", omittingEmptySubsequences: false)
      guard pattern.count == parts.count, zip(pattern, parts).allSatisfy({ $0 == $1 || $0.first == "{" && !$1.isEmpty })
      else { continue }
      let names = pattern.count { $0.first != "{" }
      guard names >= mostNames else { continue }
      if names > mostNames { methods = [] }
      mostNames = names
      methods.insert(route.method.rawValue)
      if route.method == .get { methods.insert("HEAD") }
    }
    return methods.sorted()
  }
}

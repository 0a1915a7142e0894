import Kindred

/// What the caller of a request may do.
public struct Access: Sendable {
  /// `nil` for nothing at all.
  public var role: AccessRole?
  /// Identifiers of the collections that the key is for; `nil` for all.
  public var collections: Set<String>?
  /// Whether the server asks for keys.
  public var isKeyed: Bool
  /// The key's identifier.
  public var key: String?

  static let nothing = Access(role: nil, collections: [], isKeyed: true, key: nil)
  /// Everybody on this machine, where there are no keys.
  static let local = Access(role: .admin, collections: nil, isKeyed: false, key: nil)

  init(role: AccessRole?, collections: Set<String>?, isKeyed: Bool, key: String?) {
    self.role = role
    self.collections = collections
    self.isKeyed = isKeyed
    self.key = key
  }

  init(_ key: AccessKey) {
    self.init(role: key.role, collections: key.collections.map(Set.init), isKeyed: true, key: key.id)
  }

  /// Whether the key may see a collection.
  public func sees(_ collection: Kindred.Collection) -> Bool {
    role != nil && (collections?.contains(collection.identifier) ?? true)
  }

  /// Whether the caller may do what a role may, on every collection.
  public func hasAll(_ needed: AccessRole) -> Bool { collections == nil && role.map { $0 >= needed } ?? false }

  /// - Throws: 403 unless the caller may do what a role may.
  public func require(_ needed: AccessRole) throws(ServerProblem) {
    guard let role, role >= needed else {
      throw .forbidden("This needs the role \(needed.rawValue).", remedy: "Use another key.")
    }
  }

  /// - Throws: 403 unless the key is for all collections and has the role.
  public func requireAll(_ needed: AccessRole) throws(ServerProblem) {
    try require(needed)
    guard collections == nil else {
      throw .forbidden("This needs a key that is for all collections.", remedy: "Use another key.")
    }
  }
}

import GRDB

/// What people say of a collection. It has no bearing on searches and can be changed at any time.
public struct CollectionDefinition: Sendable, Equatable, Codable {
  /// A name in any words; the collection's folder has a name of its own.
  public var title: String?
  public var description: String?
  public var category: String?
  /// The name of the model that made the vectors of a collection of vectors.
  public var embedding: String?

  public init(title: String? = nil, description: String? = nil, category: String? = nil, embedding: String? = nil) {
    self.title = title
    self.description = description
    self.category = category
    self.embedding = embedding
  }

  private static let properties: [(name: String, path: WritableKeyPath<CollectionDefinition, String?> & Sendable)] = [
    ("title", \.title), ("description", \.description), ("category", \.category), ("embedding", \.embedding),
  ]

  init(_ db: Database) throws {
    let rows = try Row.fetchAll(db, sql: "SELECT name, value FROM property")
    for (name, path) in Self.properties {
      self[keyPath: path] = rows.first { $0["name"] == name }?["value"]
    }
  }

  func store(_ db: Database) throws {
    for (name, path) in Self.properties {
      if let value = self[keyPath: path] {
        try db.execute(sql: "INSERT OR REPLACE INTO property (name, value) VALUES (?, ?)", arguments: [name, value])
      } else {
        try db.execute(sql: "DELETE FROM property WHERE name = ?", arguments: [name])
      }
    }
  }
}

extension Collection {
  public func definition() throws -> CollectionDefinition { try read { try CollectionDefinition($0) } }

  /// When entries, labels of pictures left aside, changed last; ISO 8601 in UTC.
  public func updated() throws -> String {
    try read { try String.fetchOne($0, sql: "SELECT value FROM property WHERE name = 'updated'") } ?? created
  }
}

extension CollectionWriter {
  public func setDefinition(_ definition: CollectionDefinition) throws {
    try write { try definition.store($0) }
  }
}

/// What a caller may do. Each role may do what the ones before it may.
public enum AccessRole: String, Sendable, Codable, Comparable, CaseIterable {
  /// Searches and looks.
  case reader
  /// Also adds, labels and removes images, and indexes folders.
  case writer
  /// Also makes, changes and deletes collections.
  case admin

  private var rank: Int {
    switch self {
    case .reader: 0
    case .writer: 1
    case .admin: 2
    }
  }

  public static func < (first: AccessRole, second: AccessRole) -> Bool { first.rank < second.rank }
}

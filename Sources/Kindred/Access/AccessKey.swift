import Foundation

/// A key that lets a program use the server, without its secret.
public struct AccessKey: Sendable, Codable, Equatable {
  /// Twelve lower-case letters and digits; part of the secret, and safe to show.
  public var id: String
  public var role: AccessRole
  /// Identifiers of the collections that the key is for, so that a renamed collection keeps its keys; `nil` for all.
  public var collections: [String]?
  /// What its maker wrote to know it by.
  public var note: String?
  /// When it was made, ISO 8601 in UTC, as are the others.
  public var created: String
  /// From when on it is not valid any more; `nil` for never.
  public var expires: String?
  /// When it was revoked; `nil` where it was not.
  public var revoked: String?

  public enum State: String, Sendable, Codable { case valid, expired, revoked }

  /// Whether the key opens anything at a time.
  public func state(at time: Date) -> State {
    if revoked != nil { return .revoked }
    guard let expires else { return .valid }
    // A time that can't be read is no reason to let somebody in.
    guard let end = try? Date(expires, strategy: .iso8601) else { return .expired }
    return time < end ? .valid : .expired
  }

  public func isValid(at time: Date) -> Bool { state(at: time) == .valid }

  /// Reads when a key shall end, as a person writes it: `90d` for so many days from now, or a date such as
  /// `2026-12-31`, until the end of that day in UTC.
  /// - Throws: ``KindredError/Code/invalidArgument``.
  public static func expiry(_ text: String, now: Date = Date()) throws -> Date {
    if let match = text.wholeMatch(of: /([1-9][0-9]{0,4})d/), let days = Int(match.1) {
      return now.addingTimeInterval(Double(days) * 86_400)
    }
    if text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil, let day = try? SearchFilter.date(text),
      let start = try? Date(day + "Z", strategy: .iso8601)
    {
      return start.addingTimeInterval(86_399)
    }
    throw KindredError(
      .invalidArgument, place: text, reason: "not an expiry",
      remedy: "Write days, such as 90d, or a date, such as 2026-12-31.")
  }
}

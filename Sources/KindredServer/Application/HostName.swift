/// Names of hosts as they stand in options and in the headers `Host` and `Origin`.
enum HostName {
  /// Whether a name or address means this machine alone.
  static func isLoopback(_ host: String) -> Bool {
    let name = host.lowercased().trimmingSuffix(".")
    if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "[::1]" { return true }
    let fields = name.split(separator: ".", omittingEmptySubsequences: false)
    return fields.count == 4 && fields[0] == "127" && fields.allSatisfy { UInt8($0) != nil }
  }

  /// The host of `host:port`, `[address]:port` or `host`; without brackets, in small letters.
  static func host(ofAuthority authority: String) -> String {
    let text = authority.lowercased()
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      return String(text[text.index(after: text.startIndex)..<end])
    }
    guard let colon = text.lastIndex(of: ":") else { return text.trimmingSuffix(".") }
    return String(text[..<colon]).trimmingSuffix(".")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: Character) -> String { last == suffix ? String(dropLast()) : self }
}

/// A response's `Content-Range: bytes 5-9/10`.
struct ContentRange: Equatable {
  var first: Int64
  /// `nil` when the server does not know.
  var total: Int64?

  init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
    let pieces = parts[1].split(separator: "/", omittingEmptySubsequences: false)
    guard pieces.count == 2, let dash = pieces[0].firstIndex(of: "-"), let first = Int64(pieces[0][..<dash]),
      first >= 0
    else { return nil }
    self.first = first
    total = Int64(pieces[1])
  }
}

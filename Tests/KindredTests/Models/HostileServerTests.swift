import Foundation
import Testing

@testable import Kindred

/// Servers that answer with anything: each answer gives an error, and none a crash or an endless wait.
@Suite struct HostileServerTests {
  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let found = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "

  static let answers: [String] =
    [
      "", "garbage\r\n\r\n", "no HTTP at all", "HTTP/1.1 200\r\n\r\nabc", "HTTP/1.1 abc OK\r\n\r\n",
      ok + "No colon\r\nContent-Length: 3\r\n\r\nabc", ok + ": nameless\r\nContent-Length: 3\r\n\r\nabc",
      ok + "Content-Length: -5\r\n\r\nabc", ok + "Content-Length: 99999999999999999999999\r\n\r\nabc",
      ok + "Content-Length: 900719925474099\r\n\r\nabc", ok + "Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
      ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", ok + "Content-Encoding: gzip\r\n\r\nabc",
      ok + "X: " + String(repeating: "a", count: 200_000) + "\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 206 Partial\r\nContent-Range: bytes x-y/z\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 204 No\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n",
    ]
    + [
      "", "//", "::::", "http://", "http://[::1", "/a b", "http:///x", "ftp://x/y", "file:///etc/passwd",
      "http://127.0.0.1:99999/", "/%zz", "mailto:x", "/x?a=%zz|",
    ].map { found + $0 + "\r\n\r\n" }

  @Test(arguments: answers) func givesAnError(answer: String) async throws {
    let server = try FileServer(serving: Array(answer.utf8))
    let fixture = try StoreFixture(endpoint: server.endpoint("raw"), content: [1])
    defer { withExtendedLifetime(fixture) {} }
    var store = fixture.store
    store.downloadOptions = DownloadOptions(stallTimeout: 5, fruitlessAttempts: 1, firstDelay: 0.05)
    let error = await storeError { [store] in try await store.fetch("tiny") }
    let code = try #require(error?.code)
    #expect([.network, .badResponse, .wrongHash, .timedOut, .diskFull].contains(code), "\(String(describing: error))")
    if answer.contains("1.1 401") { #expect(code == .badResponse) }
    #expect(store.list().map(\.state) != [.available])
  }

  @Test func keepsToEncryptionThroughRedirects() throws {
    let secure = try #require(URL(string: "HTTPS://hub.invalid/file"))
    let plain = try #require(URL(string: "http://hub.invalid/file"))
    #expect(DownloadAttempt.follows(from: secure, to: secure))
    #expect(DownloadAttempt.follows(from: plain, to: plain))
    #expect(DownloadAttempt.follows(from: plain, to: secure))
    #expect(!DownloadAttempt.follows(from: secure, to: plain))
  }
}

import Foundation
import Testing

@testable import KindredServer

/// How connections end, and heads that nobody may believe.
@Suite(.serialized) struct ConnectionTests {
  /// Sends a request and reads until the other side ends.
  private func answer(_ live: LiveServer, _ request: String) async throws -> String {
    try await live.blocking { port in
      let socket = try RawSocket(port: port, patience: 5)
      socket.send(request)
      return try socket.read()
    }
  }

  @Test(arguments: [
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: foo, CLOSE\r\n\r\n",
    "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n",
    "GET /nowhere HTTP/1.0\r\n\r\n",
  ]) func endsWhenTheCallerSaysSo(_ request: String) async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try sandbox.server()) { live async throws in
      let answer = try await answer(live, request)
      #expect(answer.hasPrefix("HTTP/1.1 ") && answer.lowercased().contains("connection: close\r\n"), "\(answer)")
      #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
    }
  }

  @Test func staysOpenOtherwise() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try sandbox.server()) { live async throws in
      let kept = "GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
      let plain = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
      let last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\n"
      let answer = try await answer(live, kept + plain + last + plain)
      #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 4, "\(answer)")
      #expect(answer.lowercased().components(separatedBy: "connection: close").count == 2, "\(answer)")
    }
  }

  @Test func twoHostsAreABadRequest() async throws {
    let sandbox = try ServerSandbox()
    try await LiveServer.run(try sandbox.server()) { live async throws in
      for second in ["localhost", "evil.example"] {
        let answer = try await answer(
          live, "GET /v1/session HTTP/1.1\r\nHost: localhost\r\nHost: \(second)\r\nContent-Length: 2\r\n\r\n{}")
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(#""code":"invalid-request""#), "\(answer)")
      }
      #expect(try await live.isAnswering())
    }
  }

  @Test func addressesMayHaveBrackets() async throws {
    let sandbox = try ServerSandbox()
    let server = try sandbox.server { $0.host = "[::1]" }
    #expect(server.options.host == "::1" && server.options.isLoopback)
    let nowhere = try ServerSandbox().server {
      $0.host = "no-such-host.invalid"
      $0.insecure = true
    }
    let error = await #expect(throws: ServerStartError.self) { try await nowhere.run() }
    #expect(error?.code == .addressUnusable)
  }

  @Test func theIndexIsKnownByItsAbsolutePath() {
    let options = ServerOptions(index: "some/index").normalized
    #expect(options.index == FileManager.default.currentDirectoryPath + "/some/index")
    #expect(ServerOptions(index: "/some/index").normalized.index == "/some/index")
  }
}

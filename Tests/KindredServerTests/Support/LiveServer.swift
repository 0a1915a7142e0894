import Foundation
import ServiceLifecycle
import Synchronization
import Testing

@testable import KindredServer

/// A server that listens, for as long as a body runs.
struct LiveServer: Sendable {
  let port: Int
  let group: ServiceGroup

  static func run(_ server: Server, _ body: @escaping @Sendable (LiveServer) async throws -> Void) async throws {
    let (ports, report) = AsyncStream<Int>.makeStream()
    let group = server.serviceGroup { report.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        // Being cut off at the end of its time is one of the ways to stop.
        do { try await group.run() } catch is CancellationError {}
      }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      do { try await body(LiveServer(port: port, group: group)) } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Runs what blocks on a thread of its own.
  func blocking<Value: Sendable>(_ body: @escaping @Sendable (Int) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread { [port] in continuation.resume(with: Result { try body(port) }) }.start()
    }
  }

  /// Whether a plain request is answered, on a connection of its own.
  func isAnswering() async throws -> Bool {
    try await blocking { port in
      let socket = try RawSocket(port: port)
      socket.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      return try socket.read().hasPrefix("HTTP/1.1 200")
    }
  }
}

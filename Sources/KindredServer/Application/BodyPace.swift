/// How fast a body must come: within some seconds, and for each so many bytes a second more.
struct BodyPace: Sendable {
  let watchdog: Watchdog
  let seconds: Double
  let bytesPerSecond: Double

  /// Reads a body in its time.
  /// - Parameter read: told what to call when bytes have come.
  /// - Throws: ``ServerProblem/timeout`` for one that is too slow.
  func limit<Value: Sendable>(
    _ read: @escaping @Sendable (_ arrived: @Sendable (Int) -> Void) async throws -> Value
  ) async throws -> Value {
    try await watchdog.limit(seconds: seconds) { deadline in
      try await read { deadline.postpone(seconds: Double($0) / bytesPerSecond) }
    }
  }
}

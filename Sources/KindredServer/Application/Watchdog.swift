import Foundation
import Synchronization

/// Cancels what takes too long.
///
/// One thread looks at all deadlines four times a second. A sleeping task for each request would stay in memory until
/// its time has come, long after the request is answered.
final class Watchdog: Sendable {
  private struct Entry: Sendable {
    var deadline: ContinuousClock.Instant
    var expire: @Sendable () -> Void
  }
  private struct State {
    var entries: [UInt64: Entry] = [:]
    var next: UInt64 = 0
    var isStopped = false
  }
  private let state = Mutex(State())

  init() {
    let thread = Thread { [weak self] in
      // The reference must not outlive a look, or nothing would ever end the thread.
      while self?.look() == true { Thread.sleep(forTimeInterval: 0.25) }
    }
    thread.name = "watchdog"
    thread.start()
  }

  private func look() -> Bool {
    let now = ContinuousClock.now
    let (expired, goesOn) = state.withLock { state in
      let due = state.entries.filter { $0.value.deadline <= now }
      for id in due.keys { state.entries[id] = nil }
      return (due.values.map(\.expire), !state.isStopped)
    }
    for expire in expired { expire() }
    return goesOn
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Runs a body and cancels it after so many seconds.
  /// - Throws: ``ServerProblem/timeout`` when it was cancelled for its time.
  func limit<Value: Sendable>(
    seconds: Double, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await limit(seconds: seconds) { _ in try await body() }
  }

  /// When a body is cancelled.
  struct Deadline: Sendable {
    fileprivate let watchdog: Watchdog
    fileprivate let id: UInt64

    func postpone(seconds: Double) {
      watchdog.state.withLock { $0.entries[id]?.deadline += .seconds(seconds) }
    }
  }

  /// The same for a body that may get more time.
  func limit<Value: Sendable>(
    seconds: Double, _ body: @escaping @Sendable (Deadline) async throws -> Value
  ) async throws -> Value {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    let task = Task { try await body(Deadline(watchdog: self, id: id)) }
    let flag = Flag()
    state.withLock {
      $0.entries[id] = Entry(deadline: .now + .seconds(seconds)) {
        flag.isSet = true
        task.cancel()
      }
    }
    defer { state.withLock { _ = $0.entries.removeValue(forKey: id) } }
    do {
      return try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
    } catch  where flag.isSet {
      throw ServerProblem.timeout
    }
  }
}

/// Something that has happened, or not yet.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool {
    get { value.load(ordering: .acquiring) }
    set { value.store(newValue, ordering: .releasing) }
  }
}

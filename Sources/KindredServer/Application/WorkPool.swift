import Foundation
import Synchronization

/// Threads for work that blocks: SQLite, decoding, networks. Swift's own threads are few, and events need them.
///
/// No more than a bounded number of pieces of work wait; past it the answer is 503, at once.
final class WorkPool: Sendable {
  let name: String
  private let capacity: Int
  private let state: StateBox

  /// A piece of work; told whether it is only to be dropped.
  private typealias Work = @Sendable (_ isDropped: Bool) -> Void

  /// The queue and the condition that its threads wait on.
  ///
  /// `@unchecked Sendable`: `queue` and `isStopped` are only touched with `condition` locked.
  private final class StateBox: @unchecked Sendable {
    let condition = NSCondition()
    var queue: [Work] = []
    var head = 0
    var isStopped = false

    var waiting: Int { queue.count - head }

    func takeFirst() -> Work? {
      guard head < queue.count else { return nil }
      let work = queue[head]
      head += 1
      // The front of the array is given up now and then, so that taking costs the same whatever waits.
      if head == queue.count || head >= 256 {
        queue.removeFirst(head)
        head = 0
      }
      return work
    }
  }

  init(name: String, threads: Int, capacity: Int) {
    self.name = name
    self.capacity = capacity
    state = StateBox()
    for number in 0..<threads {
      let thread = Thread { [state] in Self.work(state) }
      thread.name = "\(name) \(number)"
      // The main thread's usual size: decoders of pictures put tables on the stack.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { stop() }

  /// Pieces of work that wait.
  var waiting: Int { state.condition.withLock { state.waiting } }

  /// Lets the threads end when nothing waits any more.
  func stop() {
    state.condition.withLock {
      state.isStopped = true
      state.condition.broadcast()
    }
  }

  /// Runs work on a thread of the pool. A caller that is cancelled goes on at once: work that waits is dropped then,
  /// and work that runs comes to its end for nobody.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let answer = Answer<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard answer.wait(continuation) else { return }
        let isAccepted = state.condition.withLock {
          guard !state.isStopped, state.waiting < capacity else { return false }
          state.queue.append { isDropped in
            guard !answer.isGiven else { return }
            answer.give(isDropped ? .failure(CancellationError()) : Result(catching: body))
          }
          state.condition.signal()
          return true
        }
        if !isAccepted { answer.give(.failure(ServerProblem.overloaded(reason: "too much work waits already"))) }
      }
    } onCancel: {
      answer.give(.failure(CancellationError()))
    }
  }

  private static func work(_ state: StateBox) {
    while true {
      let work = state.condition.withLock { () -> Work? in
        while state.waiting == 0 && !state.isStopped { state.condition.wait() }
        return state.takeFirst()
      }
      guard let work else { return }
      work(false)
    }
  }

  /// The continuation of one caller, resumed once by whoever is first.
  private final class Answer<Value: Sendable>: Sendable {
    private enum State {
      case idle
      case waiting(CheckedContinuation<Value, any Error>)
      case given
    }
    private let state = Mutex(State.idle)

    var isGiven: Bool {
      state.withLock { if case .given = $0 { true } else { false } }
    }

    /// - Returns: false where the caller was cancelled before.
    func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
      let isCancelled = state.withLock { state -> Bool in
        if case .given = state { return true }
        state = .waiting(continuation)
        return false
      }
      if isCancelled { continuation.resume(throwing: CancellationError()) }
      return !isCancelled
    }

    func give(_ result: Result<Value, any Error>) {
      let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
        defer { state = .given }
        if case .waiting(let continuation) = state { return continuation }
        return nil
      }
      continuation?.resume(with: result)
    }
  }
}

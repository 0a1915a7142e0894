import Dispatch
import Synchronization

/// Work that goes on elsewhere while the caller does something else.
final class Ahead<Value: Sendable>: Sendable {
  private let finished = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<Value, any Error>?>(nil)

  /// - Parameters:
  ///   - queue: where it is done; a serial one does one piece after the other.
  ///   - body: the work.
  init(on queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Value) {
    queue.async {
      let outcome = Result { try body() }
      self.result.withLock { $0 = outcome }
      self.finished.signal()
    }
  }

  /// Waits for the work's result.
  func wait() throws -> Value {
    finished.wait()
    // Whoever asks again need not wait.
    finished.signal()
    guard let result = result.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
    return try result.get()
  }
}

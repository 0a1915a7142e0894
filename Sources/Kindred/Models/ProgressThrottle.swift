import Dispatch
import Synchronization

/// Passes on a progress report about ten times a second, and the last one of a whole file always.
final class ProgressThrottle: Sendable {
  private let last = Mutex<UInt64>(0)
  private let report: @Sendable (Int64, Int64?) -> Void

  init(_ report: @escaping @Sendable (Int64, Int64?) -> Void) {
    self.report = report
  }

  func report(_ bytes: Int64, _ total: Int64?) {
    let now = DispatchTime.now().uptimeNanoseconds
    let due = last.withLock { last in
      guard bytes == total || now &- last >= 100_000_000 else { return false }
      last = now
      return true
    }
    if due { report(bytes, total) }
  }
}

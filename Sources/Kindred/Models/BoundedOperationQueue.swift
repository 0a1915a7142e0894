import Foundation

/// A serial operation queue that makes whoever adds to it wait while many operations are outstanding.
///
/// URLSession hands each piece of a body to its delegate's queue without waiting; with a disk slower than the network
/// the whole file would pile up in memory. Waiting in `addOperation` holds libcurl back, and TCP the server.
///
/// `@unchecked Sendable` because `OperationQueue` is; the semaphore that is added may be used from any thread.
final class BoundedOperationQueue: OperationQueue, @unchecked Sendable {
  private let room: DispatchSemaphore

  /// - Parameter limit: operations that may be outstanding; a piece of a body is of 16 KiB.
  init(limit: Int) {
    room = DispatchSemaphore(value: limit)
    super.init()
    maxConcurrentOperationCount = 1
  }

  override func addOperation(_ block: @escaping @Sendable () -> Void) {
    room.wait()
    super.addOperation { [room] in
      block()
      room.signal()
    }
  }
}

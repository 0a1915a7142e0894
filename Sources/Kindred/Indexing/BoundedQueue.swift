import Foundation

/// A first-in-first-out queue between threads that makes producers wait while it is full.
///
/// `@unchecked Sendable`: all state is guarded by `condition`.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isClosed = false

  init(capacity: Int) { self.capacity = capacity }

  /// Adds an element, waiting for room.
  /// - Returns: false when the queue was closed, so that a producer can stop.
  func push(_ element: Element) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while elements.count >= capacity && !isClosed { condition.wait() }
    guard !isClosed else { return false }
    elements.append(element)
    condition.broadcast()
    return true
  }

  /// Takes up to `limit` elements, waiting for the first; empty when the queue is closed and drained.
  func pop(limit: Int) -> [Element] {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty && !isClosed { condition.wait() }
    let taken = Array(elements.prefix(limit))
    elements.removeFirst(taken.count)
    condition.broadcast()
    return taken
  }

  /// Lets waiting threads go on: nothing more can be pushed, and what is there can still be popped.
  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }
}

/// Bytes that threads may hold at once. A claim larger than the whole budget waits until it is alone.
///
/// `@unchecked Sendable`: all state is guarded by `condition`.
final class MemoryBudget: @unchecked Sendable {
  private let condition = NSCondition()
  private let total: Int
  private var used = 0

  init(bytes: Int) { total = bytes }

  /// Runs `body` while holding `bytes` of the budget.
  func withBytes<T>(_ bytes: Int, _ body: () throws -> T) rethrows -> T {
    let claim = min(max(0, bytes), total)
    condition.lock()
    while used + claim > total { condition.wait() }
    used += claim
    condition.unlock()
    defer {
      condition.lock()
      used -= claim
      condition.broadcast()
      condition.unlock()
    }
    return try body()
  }
}

import Dispatch
import Foundation
import Synchronization

extension IndexFolder {
  /// How long a writer waits for another of this process before it gives up.
  static let patience = DispatchTimeInterval.seconds(10)

  /// Changes a collection. Writers of this process take turns; the graph is brought up to date later, in the
  /// background.
  /// - Throws: ``KindredError/Code/busy`` when another writer goes on for long; what `body` throws.
  @discardableResult
  public func write<T>(to member: Member, _ body: (CollectionWriter) throws -> T) throws -> T {
    let result = try turns.take(member.collection.identifier, patience: Self.patience) {
      try body(CollectionWriter(member.collection, truncatesLog: false))
    }
    upkeep.note(member.collection, turns: turns)
    return result
  }
}

/// Lets writers to one collection follow each other.
final class WriterTurns: Sendable {
  private let semaphores: Mutex<[String: DispatchSemaphore]> = Mutex([:])

  func take<T>(_ identifier: String, patience: DispatchTimeInterval, _ body: () throws -> T) throws -> T {
    let semaphore = semaphores.withLock { known in
      if let semaphore = known[identifier] { return semaphore }
      let semaphore = DispatchSemaphore(value: 1)
      known[identifier] = semaphore
      return semaphore
    }
    guard semaphore.wait(timeout: .now() + patience) == .success else {
      throw KindredError(
        .busy, place: "collection", reason: "it is being written to", remedy: "Try again when that has finished.")
    }
    defer { semaphore.signal() }
    return try body()
  }
}

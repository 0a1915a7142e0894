import Dispatch
import Foundation
import Synchronization

extension IndexFolder {
  /// How long a writer waits for another of this process before it gives up.
  static let patience = DispatchTimeInterval.seconds(5)

  /// Changes a collection. Writers of this process take turns; the graph is brought up to date later, in the
  /// background.
  ///
  /// The collection is looked for again when the turn has come: it may have been renamed meanwhile.
  /// - Throws: ``KindredError/Code/busy`` when another writer goes on for long, ``KindredError/Code/noCollection`` when
  ///   the collection is gone; what `body` throws.
  @discardableResult
  public func write<T>(to member: Member, _ body: (CollectionWriter) throws -> T) throws -> T {
    let (result, collection) = try write(identifier: member.collection.identifier, patience: Self.patience, body)
    upkeep.note(collection, in: self)
    return result
  }

  private func write<T>(
    identifier: String, patience: DispatchTimeInterval, _ body: (CollectionWriter) throws -> T
  ) throws -> (T, Collection) {
    try turns.take(identifier, patience: patience) {
      let writer: CollectionWriter
      do {
        writer = try CollectionWriter(member(identifier: identifier).collection, truncatesLog: false)
      } catch let error as KindredError where error.code == .noCollection {
        // Another process renamed it between the two steps.
        writer = try CollectionWriter(member(identifier: identifier).collection, truncatesLog: false)
      }
      return (try body(writer), writer.collection)
    }
  }

  /// Brings a collection's graph up to date; see ``GraphUpkeep``.
  func updateGraph(identifier: String, patience: DispatchTimeInterval, isCancelled: () -> Bool) throws {
    let collection = try member(identifier: identifier).collection
    let moment = try collection.moment()
    if let graph = try collection.graph(at: moment), graph.generation == moment.generation { return }
    _ = try write(identifier: identifier, patience: patience) { try $0.updateGraph(isCancelled: isCancelled) }
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

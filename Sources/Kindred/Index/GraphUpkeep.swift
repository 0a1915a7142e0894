import Dispatch
import Synchronization

/// Brings graphs up to their collections in the background, after writes.
///
/// Searches compare what a graph lacks one by one, so a graph may be behind for a while; bringing it up to date after
/// every write would read and write it whole each time.
final class GraphUpkeep: Sendable {
  /// How long after the last write a collection counts as quiet.
  private static let quiet = DispatchTimeInterval.seconds(2)
  /// With so many rows to compare one by one, the graph does not wait for quiet.
  private static let mostWaiting = 10_000
  private static let patience = DispatchTimeInterval.seconds(60)

  private struct State {
    /// Writes of each collection, counted; what is the same after the quiet time has seen no further write.
    var writes: [String: Int] = [:]
    var isRunning: Set<String> = []
    var isStopped = false
  }

  private let state: Mutex<State> = Mutex(State())
  private let queue = DispatchQueue(label: "kindred.graph-upkeep", qos: .utility)

  /// Takes note of a write.
  func note(_ collection: Collection, turns: WriterTurns) {
    guard (try? collection.moment().contentCount >= Collection.exactSearchLimit) ?? false else { return }
    let identifier = collection.identifier
    let count = state.withLock { state in
      state.writes[identifier, default: 0] += 1
      return state.writes[identifier, default: 0]
    }
    if waiting(collection) >= Self.mostWaiting {
      queue.async { self.update(collection, turns: turns) }
    } else {
      queue.asyncAfter(deadline: .now() + Self.quiet) {
        guard self.state.withLock({ $0.writes[identifier] }) == count else { return }
        self.update(collection, turns: turns)
      }
    }
  }

  /// Rows that the saved graph lacks.
  private func waiting(_ collection: Collection) -> Int {
    guard let moment = try? collection.moment() else { return 0 }
    let covered = (try? collection.graph(at: moment))?.flatMap(\.maxRow).map { $0 + 1 } ?? 0
    return max(0, moment.rowCount - covered)
  }

  private func update(_ collection: Collection, turns: WriterTurns) {
    let identifier = collection.identifier
    guard !state.withLock({ $0.isStopped }), isBehind(collection) else { return }
    // What fails here, with a collection that was deleted or a disk that is full, is tried again after the next write;
    // searches are right without it.
    try? turns.take(identifier, patience: Self.patience) {
      try CollectionWriter(collection, truncatesLog: false)
        .updateGraph(isCancelled: { self.state.withLock { $0.isStopped } })
    }
  }

  private func isBehind(_ collection: Collection) -> Bool {
    guard let moment = try? collection.moment() else { return false }
    return (try? collection.graph(at: moment))?.map { $0.generation != moment.generation } ?? true
  }

  /// Ends what is under way soon.
  func stop() { state.withLock { $0.isStopped = true } }
}

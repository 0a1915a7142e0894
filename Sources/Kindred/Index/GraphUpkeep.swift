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
    var isStopped = false
  }

  private let state: Mutex<State> = Mutex(State())
  private let queue = DispatchQueue(label: "kindred.graph-upkeep", qos: .utility)

  /// Takes note that a collection's graph may be behind.
  func note(_ collection: Collection, in folder: IndexFolder) {
    guard let moment = try? collection.moment(), moment.contentCount >= Collection.exactSearchLimit else { return }
    let identifier = collection.identifier
    let count = state.withLock { state in
      state.writes[identifier, default: 0] += 1
      return state.writes[identifier, default: 0]
    }
    let covered = (try? collection.graph(at: moment))?.flatMap(\.maxRow).map { $0 + 1 } ?? 0
    if moment.rowCount - covered >= Self.mostWaiting {
      queue.async { [weak folder] in self.update(identifier, in: folder) }
    } else {
      queue.asyncAfter(deadline: .now() + Self.quiet) { [weak folder] in
        guard self.state.withLock({ $0.writes[identifier] }) == count else { return }
        self.update(identifier, in: folder)
      }
    }
  }

  private func update(_ identifier: String, in folder: IndexFolder?) {
    guard let folder, !state.withLock({ $0.isStopped }) else { return }
    // What fails here, with a collection that was deleted or a disk that is full, is tried again after the next write;
    // searches are right without it.
    try? folder.updateGraph(
      identifier: identifier, patience: Self.patience, isCancelled: { self.state.withLock { $0.isStopped } })
  }

  /// Ends what is under way soon.
  func stop() { state.withLock { $0.isStopped = true } }
}

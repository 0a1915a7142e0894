import Foundation
import Synchronization

/// Threads that prepare files while the caller runs the network on what is ready.
///
/// Plain threads, not tasks: decoding and the network both block for long, and would starve Swift's few task threads.
final class PreparationPipeline: Sendable {
  struct Item: Sendable {
    var file: WalkedFile
    var outcome: Result<FilePreparer.Outcome, any Error>
  }

  private let queue: BoundedQueue<Item>
  private let progress: Progress

  private final class Progress: Sendable {
    let nextFile = Atomic<Int>(0)
    let runningThreads: Atomic<Int>
    init(threads: Int) { runningThreads = Atomic(threads) }
  }

  init(files: [WalkedFile], preparer: FilePreparer, threads: Int, capacity: Int) {
    let count = max(1, min(threads, files.count))
    let queue = BoundedQueue<Item>(capacity: capacity)
    let progress = Progress(threads: count)
    self.queue = queue
    self.progress = progress
    for number in 0..<count {
      let thread = Thread {
        while true {
          let index = progress.nextFile.add(1, ordering: .relaxed).oldValue
          guard index < files.count else { break }
          let file = files[index]
          let outcome = Result { try preparer.prepare(file) }
          guard queue.push(Item(file: file, outcome: outcome)) else { break }
        }
        if progress.runningThreads.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { queue.close() }
      }
      thread.name = "kindred decode \(number)"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// Items in the order in which they become ready; empty after the last.
  func next(limit: Int) -> [Item] { queue.pop(limit: limit) }

  /// Ends the threads after the files in hand.
  func stop() {
    progress.nextFile.store(Int.max / 2, ordering: .relaxed)
    queue.close()
  }
}

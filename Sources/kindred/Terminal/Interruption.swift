import Foundation
import Synchronization

/// Ctrl-C and `kill`, asked for between batches so that the batch in hand is kept.
enum Interruption {
  fileprivate static let wasAsked = Atomic<Bool>(false)

  static var isRequested: Bool { wasAsked.load(ordering: .relaxed) }

  /// From now on the first signal asks for an end; a second one ends the process at once.
  static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, noteInterruption)
    }
  }
}

/// The handler; a C function can't be a closure that sees the type it is in.
private func noteInterruption(_ number: Int32) {
  Interruption.wasAsked.store(true, ordering: .relaxed)
  signal(number, SIG_DFL)
}

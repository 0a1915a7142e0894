import Foundation
import Synchronization

/// Ctrl-C and `kill`, asked for between batches so that the batch in hand is kept.
enum Interruption {
  private static let wasAsked = Atomic<Bool>(false)

  static var isRequested: Bool { wasAsked.load(ordering: .relaxed) }

  /// From now on the first signal asks for an end; a second one ends the process at once.
  static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        wasAsked.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }
}

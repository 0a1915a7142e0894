import NIOCore
import Synchronization

/// The open connections. Past their bound the one that has been without a request for longest makes room, so that
/// connections that somebody only holds open keep nobody out.
final class ConnectionTable: Sendable {
  private struct Entry {
    let channel: any Channel
    var idleSince: ContinuousClock.Instant?
  }
  let limit: Int
  private let entries: Mutex<[ObjectIdentifier: Entry]> = Mutex([:])

  init(limit: Int) { self.limit = limit }

  var count: Int { entries.withLock { $0.count } }

  func opened(_ channel: any Channel) {
    let victim = entries.withLock { entries -> (any Channel)? in
      var victim: (any Channel)?
      if entries.count >= limit {
        let idle = entries.filter { $0.value.idleSince != nil }
        guard let oldest = idle.min(by: { ($0.value.idleSince ?? .now) < ($1.value.idleSince ?? .now) }) else {
          return channel
        }
        entries[oldest.key] = nil
        victim = oldest.value.channel
      }
      entries[ObjectIdentifier(channel)] = Entry(channel: channel, idleSince: .now)
      return victim
    }
    victim?.close(promise: nil)
  }

  /// Closes an eighth of the connections, those that have been idle for longest.
  func makeRoom() {
    let victims = entries.withLock { entries in
      let idle = entries.compactMap { entry in entry.value.idleSince.map { (key: entry.key, since: $0) } }
      return idle.sorted { $0.since < $1.since }.prefix(max(1, entries.count / 8))
        .compactMap { entries.removeValue(forKey: $0.key)?.channel }
    }
    for victim in victims { victim.close(promise: nil) }
  }

  func changed(_ channel: any Channel, isIdle: Bool) {
    entries.withLock { $0[ObjectIdentifier(channel)]?.idleSince = isIdle ? .now : nil }
  }

  func closed(_ channel: any Channel) { entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) } }
}

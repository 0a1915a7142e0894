import Synchronization

/// How many requests are answered at a time, and how many one key has open.
///
/// A request takes its slot when its body is there, so that bodies that come slowly keep nobody out. A key's requests
/// count from their beginning.
final class RequestSlots: Sendable {
  private struct Use {
    var taken = 0
    var openOfKeys: [String: Int] = [:]
  }
  private let limit: Int
  private let limitOfOneKey: Int
  private let use = Mutex(Use())

  init(limit: Int, limitOfOneKey: Int) {
    self.limit = limit
    self.limitOfOneKey = limitOfOneKey
  }

  /// A place for one request, not taken yet.
  /// - Throws: 429 where the key has too many open.
  func slot(for key: String?) throws(ServerProblem) -> Slot {
    let isGranted = use.withLock { use in
      guard let key else { return true }
      guard use.openOfKeys[key, default: 0] < limitOfOneKey else { return false }
      use.openOfKeys[key, default: 0] += 1
      return true
    }
    guard isGranted else { throw .rateLimited(retryAfter: 1) }
    return Slot(self, key: key)
  }

  private func take() -> Bool {
    use.withLock { use in
      guard use.taken < limit else { return false }
      use.taken += 1
      return true
    }
  }

  private func end(key: String?, isTaken: Bool) {
    use.withLock { use in
      if isTaken { use.taken -= 1 }
      guard let key, let open = use.openOfKeys[key] else { return }
      use.openOfKeys[key] = open > 1 ? open - 1 : nil
    }
  }

  /// One request's.
  final class Slot: Sendable {
    private enum State { case waiting, taken, ended }
    private let slots: RequestSlots
    private let key: String?
    private let state = Mutex(State.waiting)

    fileprivate init(_ slots: RequestSlots, key: String?) {
      self.slots = slots
      self.key = key
    }

    /// Counts the request from now on; more than once is the same.
    /// - Throws: 503 where too many are under way.
    func take() throws(ServerProblem) {
      let isTaken = state.withLock { state in
        guard state == .waiting else { return true }
        guard slots.take() else { return false }
        state = .taken
        return true
      }
      guard isTaken else { throw .overloaded(reason: "too many requests are under way") }
    }

    /// The request is answered.
    func end() {
      state.withLock { state in
        guard state != .ended else { return }
        slots.end(key: key, isTaken: state == .taken)
        state = .ended
      }
    }
  }
}

import Synchronization

/// Memory that all requests together may take for one purpose. One key has half of it at most.
final class MemoryBudget: Sendable {
  private struct Use {
    var bytes = 0
    var bytesOfKeys: [String: Int] = [:]
  }
  private let limit: Int
  /// Bytes that one key may have.
  var share: Int { limit / 2 }
  private let purpose: String
  private let use = Mutex(Use())

  /// - Parameter purpose: what takes the memory, in the plural.
  init(bytes: Int, purpose: String) {
    limit = bytes
    self.purpose = purpose
  }

  /// A claim of nothing yet.
  /// - Parameter key: the caller's; `nil` for callers without.
  func claim(for key: String?) -> Claim { Claim(self, key: key) }

  private func take(_ count: Int, for key: String?) -> Bool {
    use.withLock { use in
      guard use.bytes + count <= limit else { return false }
      if let key {
        let held = use.bytesOfKeys[key] ?? 0
        guard held + count <= share else { return false }
        use.bytesOfKeys[key] = held + count
      }
      use.bytes += count
      return true
    }
  }

  private func giveBack(_ count: Int, for key: String?) {
    use.withLock { use in
      use.bytes -= count
      guard let key, let held = use.bytesOfKeys[key] else { return }
      use.bytesOfKeys[key] = held > count ? held - count : nil
    }
  }

  /// One request's part; given back when nobody has the claim any more.
  final class Claim: Sendable {
    private let budget: MemoryBudget
    private let key: String?
    private let bytes = Mutex(0)

    fileprivate init(_ budget: MemoryBudget, key: String?) {
      self.budget = budget
      self.key = key
    }

    /// Takes more.
    /// - Throws: 503 where there is not so much left.
    func grow(by count: Int) throws(ServerProblem) {
      guard budget.take(count, for: key) else {
        throw .overloaded(reason: "the \(budget.purpose) of all requests take too much memory")
      }
      bytes.withLock { $0 += count }
    }

    deinit { budget.giveBack(bytes.withLock { $0 }, for: key) }
  }
}

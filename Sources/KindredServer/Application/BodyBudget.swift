import Synchronization

/// Memory for the bodies of all requests that are under way.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Mutex(0)

  init(bytes: Int) { limit = bytes }

  /// A claim of nothing yet.
  func claim() -> Claim { Claim(self) }

  /// One request's part; given back when nobody has the claim any more.
  final class Claim: Sendable {
    private let budget: BodyBudget
    private let bytes = Mutex(0)

    fileprivate init(_ budget: BodyBudget) { self.budget = budget }

    /// Takes more.
    /// - Throws: 503 where the memory of all bodies is used up.
    func grow(by count: Int) throws(ServerProblem) {
      let isGranted = budget.used.withLock { used in
        guard used + count <= budget.limit else { return false }
        used += count
        return true
      }
      guard isGranted else {
        var problem = ServerProblem.overloaded(reason: "the bodies of all requests take too much memory")
        problem.closesConnection = true
        throw problem
      }
      bytes.withLock { $0 += count }
    }

    deinit {
      let count = bytes.withLock { $0 }
      budget.used.withLock { $0 -= count }
    }
  }
}

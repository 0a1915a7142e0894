import Foundation
import Kindred
import Synchronization

/// Changes collections' recipes, one at a time.
///
/// The graph of a large collection takes longer to be made anew than a request may. So a change goes on without the
/// request that asked for it; the collection's description tells how far it is, and searches are answered by the old
/// recipe until the new one is there as a whole.
final class RecipeChanges: Sendable {
  /// One change.
  final class Change: Sendable {
    enum State: Sendable {
      /// Entries in the new graph, of how many; both 0 before that is begun.
      case running(completed: Int, total: Int)
      case done
      case failed(any Error)
    }
    let recipe: RecipeChoice
    var isRunning: Bool { if case .running = state { true } else { false } }
    private let kept = Mutex(State.running(completed: 0, total: 0))

    init(_ recipe: RecipeChoice) { self.recipe = recipe }

    fileprivate(set) var state: State {
      get { kept.withLock { $0 } }
      set { kept.withLock { $0 = newValue } }
    }
  }

  private struct Changes {
    var running: Change?
    /// The last change of each collection, by identifier, unless it succeeded.
    var last: [String: Change] = [:]
  }

  private static let interval = Duration.milliseconds(20)
  /// How long a change waits for somebody else's writing to end.
  private static let patience = Duration.seconds(300)
  /// Collections whose failures are remembered.
  private static let mostKept = 64
  private let changes = Mutex(Changes())

  /// The change of a collection that is under way, or that failed.
  func change(of identifier: String) -> Change? { changes.withLock { $0.last[identifier] } }

  /// Changes a recipe, and waits for that for a while. What is not done then goes on.
  /// - Parameter seconds: how long to wait.
  /// - Throws: 409 while another recipe is being changed, 422 for a recipe whose views are not stored.
  func change(
    _ member: IndexFolder.Member, to choice: RecipeChoice, _ services: ServerServices, seconds: Double
  ) async throws {
    let recipe = try Self.check(choice, for: member.collection)
    let change = Change(choice)
    let identifier = member.collection.identifier
    try changes.withLock { changes in
      guard changes.running == nil else {
        throw ServerProblem.conflict(
          "The server is changing a collection's recipe already.", remedy: "Try again when that is done.")
      }
      if changes.last.count >= Self.mostKept { changes.last = [:] }
      (changes.running, changes.last[identifier]) = (change, change)
    }
    // Not a part of the request's task, which ends before it.
    Task {
      do {
        try await Self.run(change, recipe, member, services)
        change.state = .done
      } catch {
        change.state = .failed(error)
        services.logger.warning("a recipe can't be changed", metadata: ["error": "\(error)"])
      }
      self.changes.withLock { changes in
        changes.running = nil
        if case .done = change.state { changes.last[identifier] = nil }
      }
    }
    let deadline = ContinuousClock.now + .seconds(seconds)
    while case .running = change.state, ContinuousClock.now < deadline { try await Task.sleep(for: Self.interval) }
    if case .failed(let error) = change.state { throw error }
  }

  /// Waits for whoever writes to the collection, and changes its recipe.
  private static func run(
    _ change: Change, _ recipe: EmbeddingRecipe, _ member: IndexFolder.Member, _ services: ServerServices
  ) async throws {
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        return try await services.write {
          try services.folder.write(to: member) { writer in
            try writer.setRecipe(
              recipe, progress: { change.state = .running(completed: $0, total: $1) },
              isCancelled: { services.isDraining.isSet })
            guard try writer.collection.recipe() == recipe else { throw ServerProblem.draining }
          }
        }
      } catch let error as KindredError where error.code == .busy && ContinuousClock.now < deadline {
        if services.isDraining.isSet { throw ServerProblem.draining }
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// - Throws: what is wrong with a recipe for a collection.
  static func check(_ choice: RecipeChoice, for collection: Kindred.Collection) throws -> EmbeddingRecipe {
    guard let model = collection.settings.model else {
      throw ServerProblem.readOnly("A collection of vectors has no recipe.")
    }
    let recipe = choice.recipe(for: model)
    guard collection.settings.allows(recipe) else {
      let stored = collection.settings.views.map(\.rawValue).joined(separator: ", ")
      throw ServerProblem.recipe(
        "It needs more of each picture than is stored; the stored views are \(stored).",
        remedy: "Make another collection with this recipe, and index the pictures into it.")
    }
    return recipe
  }
}

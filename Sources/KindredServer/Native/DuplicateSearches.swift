import Foundation
import Kindred
import Synchronization

/// Looks for duplicates in the background, in one collection at a time, and keeps what was found until the collection
/// changes: every picture that has a near neighbour is decoded, which takes minutes where there are many.
final class DuplicateSearches: Sendable {
  /// A group without what SQLite knows of its images.
  struct Group: Sendable {
    struct Member: Sendable {
      var image: Int64
      var score: Float
      var relation: PictureRelation
      var fileCount: Int
      var versionCount: Int
      var isUnchecked: Bool
    }
    var kind: DuplicateKind
    /// Members that the group has; more than ``members`` where it is very large.
    var count: Int
    var members: [Member]
  }

  /// What was found in a collection.
  final class Found: Sendable {
    let version: CollectionVersion
    let groups: [DuplicateKind: [Group]]

    init(_ version: CollectionVersion, _ groups: [DuplicateKind: [Group]]) {
      self.version = version
      self.groups = groups
    }
  }

  enum Answer: Sendable {
    case found(Found, isCurrent: Bool)
    /// It is looked for; `nil` before it is known how far.
    case running(DuplicateProgress?)
    /// Another collection is looked through first.
    case waiting
  }

  private struct State {
    var running: String?
    var progress: DuplicateProgress?
    /// By collections' identifiers, the newest last.
    var found: [(identifier: String, found: Found)] = []
    /// How the last search of a collection failed, until somebody is told.
    var failures: [String: any Error] = [:]
    var isStopping = false
  }

  private static let mostCollections = 8
  /// Members of one group, and groups of one kind, that are kept.
  static let mostMembers = 100
  private static let mostGroups = 20_000
  private let state = Mutex(State())
  private let underWay = DispatchGroup()

  /// What is known of a collection's duplicates. A search is begun where nothing is, or something older.
  /// - Throws: what ended the last search, once.
  func answer(for collection: Kindred.Collection) throws -> Answer {
    let version = try collection.version()
    let identifier = collection.identifier
    let (answer, begins) = try state.withLock { state -> (Answer, Bool) in
      if let failure = state.failures.removeValue(forKey: identifier) { throw failure }
      let found = state.found.first { $0.identifier == identifier }?.found
      if let found, found.version == version { return (.found(found, isCurrent: true), false) }
      let begins = state.running == nil && !state.isStopping
      if begins { (state.running, state.progress) = (identifier, nil) }
      if let found { return (.found(found, isCurrent: false), begins) }
      return (state.running == identifier ? .running(state.progress) : .waiting, begins)
    }
    if begins { begin(collection, version) }
    return answer
  }

  private func begin(_ collection: Kindred.Collection, _ version: CollectionVersion) {
    underWay.enter()
    let thread = Thread { [self] in
      defer { underWay.leave() }
      let result = Result { try search(collection, version) }
      state.withLock { state in
        (state.running, state.progress) = (nil, nil)
        state.found.removeAll { $0.identifier == collection.identifier }
        switch result {
        case .success(let found):
          if state.found.count >= Self.mostCollections { state.found.removeFirst() }
          state.found.append((collection.identifier, found))
        case .failure(let error):
          if state.failures.count >= Self.mostCollections { state.failures = [:] }
          state.failures[collection.identifier] = error
        }
      }
    }
    thread.name = "duplicates"
    // Decoders of pictures put tables on the stack.
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func search(_ collection: Kindred.Collection, _ version: CollectionVersion) throws -> Found {
    let found = try DuplicateFinder(collection).groups { progress in
      let isStopping = state.withLock { state in
        state.progress = progress
        return state.isStopping
      }
      if isStopping { throw CancellationError() }
    }
    var groups: [DuplicateKind: [Group]] = [:]
    for group in found where groups[group.kind, default: []].count < Self.mostGroups {
      let members = group.members.prefix(Self.mostMembers).map { member in
        Group.Member(
          image: member.record.id, score: member.score, relation: member.relation, fileCount: member.fileCount,
          versionCount: member.versionCount, isUnchecked: member.unchecked != nil)
      }
      groups[group.kind, default: []].append(Group(kind: group.kind, count: group.members.count, members: members))
    }
    return Found(version, groups)
  }

  /// Ends the search that is under way soon, and waits for that. It blocks.
  func stop() {
    state.withLock { $0.isStopping = true }
    underWay.wait()
  }
}

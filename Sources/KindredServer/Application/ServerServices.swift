import Foundation
import Kindred
import Logging
import Synchronization

/// What the routes work with.
public final class ServerServices: Sendable {
  public let options: ServerOptions
  public let folder: IndexFolder
  public let keys: KeyStore
  public let roots: AllowedRoots
  public let jobs: IndexJobs
  public let metrics: ServerMetrics
  let recipes = RecipeChanges()
  let duplicates = DuplicateSearches()
  public let logger: Logger

  /// Searches that need no network, and whatever reads SQLite.
  let searching: WorkPool
  /// Whatever runs the network: few threads, so that pictures do not starve vectors.
  let embedding: WorkPool
  /// Thumbnails and originals.
  let pictures: WorkPool
  /// What takes seconds of all processors: one thing after the other.
  let computing: WorkPool
  /// Changes of collections; they wait for each other's locks.
  let writing: WorkPool
  let watchdog = Watchdog()
  let bodies: MemoryBudget
  let answers: MemoryBudget
  /// Whether the server was told to stop.
  let isDraining = Flag()
  private let stopping: Mutex<Task<Void, Never>?> = Mutex(nil)

  public var limits: ServerLimits { options.limits }

  public init(options: ServerOptions, logger: Logger, folder: IndexFolder? = nil) throws {
    self.options = options
    self.logger = logger
    self.folder = folder ?? IndexFolder(path: options.index)
    keys = KeyStore(index: options.index)
    roots = try AllowedRoots(options.roots)
    var indexing = IndexOptions()
    indexing.maximumPixels = options.limits.imagePixels
    jobs = try IndexJobs(folder: self.folder, roots: roots, options: indexing)
    metrics = ServerMetrics()
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let queued = options.limits.queuedWork
    searching = WorkPool(name: "search", threads: max(4, processors), capacity: queued)
    embedding = WorkPool(name: "embed", threads: 2, capacity: min(queued, 64))
    pictures = WorkPool(name: "pictures", threads: max(2, processors), capacity: queued)
    computing = WorkPool(name: "compute", threads: 1, capacity: min(queued, 64))
    writing = WorkPool(name: "write", threads: 4, capacity: min(queued, 64))
    bodies = MemoryBudget(bytes: options.limits.bodyBytesInFlight, purpose: "bodies")
    answers = MemoryBudget(bytes: options.limits.answerBytesInFlight, purpose: "answers")
  }

  var pools: [WorkPool] { [searching, embedding, pictures, computing, writing] }

  deinit {
    watchdog.stop()
    for pool in pools { pool.stop() }
  }

  /// A collection that the caller may see, by its name or identifier. It blocks on files: for threads of a pool.
  /// - Throws: 404 for one that is not there and for one that the key is not for, alike.
  public func member(_ name: String, for access: Access) throws -> IndexFolder.Member {
    let member: IndexFolder.Member
    do { member = try folder.member(name) } catch let error as KindredError where error.code == .invalidArgument {
      throw ServerProblem.unknownCollection
    }
    guard access.sees(member.collection) else { throw ServerProblem.unknownCollection }
    return member
  }

  /// Has what runs in the background end after the batch in hand, and waits for that; every caller does.
  func stopJobs() async {
    let task = stopping.withLock { task in
      let known =
        task
        ?? Task { [jobs, duplicates] in
          await withCheckedContinuation { continuation in
            Thread {
              duplicates.stop()
              jobs.stop()
              continuation.resume()
            }.start()
          }
        }
      task = known
      return known
    }
    await task.value
  }

  /// Runs work that reads SQLite or searches.
  public func search<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await searching.run(body)
  }

  /// Runs work that needs the network.
  public func embed<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await embedding.run(body)
  }

  /// Runs work that takes seconds of all processors.
  func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await computing.run(body)
  }

  /// Runs work that changes collections.
  public func write<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await writing.run(body)
  }
}

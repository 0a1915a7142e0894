import Dispatch
import Foundation
import Synchronization

/// Indexes folders in the background, one after the other, on a thread of its own.
///
/// ```swift
/// let jobs = try IndexJobs(folder: IndexFolder(path: "index"), roots: AllowedRoots(["/srv/photos"]))
/// let job = try jobs.start(collection: "default", path: "photos/2024")
/// for await state in try jobs.updates(job.id) { print(state.state, state.progress?.completed ?? 0) }
/// ```
///
/// Jobs are kept in the index folder's `jobs.json`. Those that had not ended when the process did go on with the next
/// one; an index run does nothing twice. One object at a time may use an index folder.
public final class IndexJobs: Sendable {
  /// Jobs that may wait beside the one that runs.
  public static let mostWaiting = 32
  /// Jobs that are remembered.
  public static let mostKept = 100

  let folder: IndexFolder
  let roots: AllowedRoots
  let options: IndexOptions
  let file: JobFile
  let state: Mutex<JobList>
  /// Signalled for each job that was started, and once at the end.
  private let work = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  /// Writes to the file follow each other, each with the list as it is then.
  private let saving = Mutex(())
  /// Whether the index folder can only be read: collections are served, and jobs can't be started.
  private let isReadOnly: Bool
  /// Held for as long as the thread runs.
  private let lock: Mutex<WriterLock?>

  /// - Parameters:
  ///   - folder: the index folder, which is made when it is not there.
  ///   - roots: folders that callers may have indexed.
  ///   - options: how they are indexed; labels are each job's own.
  /// - Throws: ``KindredError/Code/busy`` while another process has the index folder's jobs,
  ///   ``KindredError/Code/damagedFile``, ``KindredError/Code/unwritable``.
  public init(folder: IndexFolder, roots: AllowedRoots, options: IndexOptions = IndexOptions()) throws {
    self.folder = folder
    self.roots = roots
    self.options = options
    file = JobFile(index: folder.path)
    let held = try Self.lock(folder.path)
    isReadOnly = held == nil
    lock = Mutex(held)
    var jobs = try file.load()
    for index in jobs.indices where jobs[index].state == .running {
      jobs[index].state = .queued
      jobs[index].progress = nil
    }
    let list = JobList(jobs)
    let waiting = list.waiting
    state = Mutex(list)
    let thread = Thread { [weak self, work, ended] in
      defer { ended.signal() }
      while true {
        work.wait()
        guard let self, self.runNext() else { return }
      }
    }
    thread.name = "kindred jobs"
    thread.stackSize = 8 << 20
    thread.start()
    // Where nothing can be written, jobs wait for a start at which it can.
    if !isReadOnly { for _ in 0..<waiting { work.signal() } }
  }

  /// - Returns: `nil` where the index folder is there and this user may only read it.
  private static func lock(_ index: String) throws -> WriterLock? {
    do {
      try FileManager.default.createDirectory(atPath: index, withIntermediateDirectories: true)
    } catch {
      throw KindredError(.unwritable, place: index, reason: "the folder can't be made")
    }
    do { return try WriterLock(path: index + "/jobs.json.lock") } catch let error as KindredError
      where error.code == .busy
    {
      throw KindredError(
        .busy, place: index, reason: "another process runs this index folder's jobs",
        remedy: "Stop the other server, or give this one another index with --index.")
    } catch let error as KindredError where error.code == .unwritable && access(index, R_OK | X_OK) == 0 {
      return nil
    }
  }

  deinit {
    state.withLock { $0.isStopping = true }
    work.signal()
  }

  // MARK: Callers

  /// Has a folder indexed after those that wait.
  /// - Parameters:
  ///   - collection: name or identifier; one that is not there is made, by this name.
  ///   - path: the folder, as ``AllowedRoots/resolve(_:)`` takes it.
  ///   - labels: where labels come from.
  ///   - model: a model of the store, for a collection that is to be made; `default` when `nil`.
  ///   - recipe: how embeddings are made in a collection that is to be made; the standard one when `nil`.
  /// - Throws: ``KindredError/Code/outsideRoots``, ``KindredError/Code/unreadableFolder`` for a file,
  ///   ``KindredError/Code/tooManyJobs``, ``KindredError/Code/wrongKind``, ``KindredError/Code/invalidArgument``.
  public func start(
    collection: String, path: String, labels: IndexJob.LabelChoice = .folder, model: String? = nil,
    recipe: RecipeChoice? = nil
  ) throws -> IndexJob {
    guard !isReadOnly else {
      throw KindredError(.unwritable, place: "index", reason: "the index folder can only be read")
    }
    let absolute = try roots.resolve(path)
    let shown = roots.display(absolute) ?? path
    guard (FolderWalker.information(absolute)?.st_mode ?? 0) & S_IFMT == S_IFDIR else {
      throw KindredError(.unreadableFolder, place: shown, reason: "not a folder", remedy: "Name a folder of pictures.")
    }
    if let model { try Self.checkModel(model) }
    let member = try existing(collection)
    if let member, member.collection.kind != .images {
      throw Collection.wrongKind(member.name, has: member.collection.kind)
    }
    let time = Collection.timestamp()
    let job = IndexJob(
      id: KeySecret.newIdentifier(), state: .queued, collection: member?.name ?? collection,
      collectionIdentifier: member?.collection.identifier, path: shown, labels: labels, model: model,
      recipe: recipe?.text, created: time, updated: time)
    try state.withLock { list in
      guard !list.isStopping else { throw KindredError(.busy, place: "jobs", reason: "the server is stopping") }
      guard list.waiting < Self.mostWaiting else {
        throw KindredError(
          .tooManyJobs, place: "jobs", reason: "\(list.waiting) folders wait to be indexed already",
          remedy: "Try again when some are done, or cancel some.")
      }
      list.add(job, limit: Self.mostKept)
    }
    do { try save() } catch {
      // What a restart would forget is not promised.
      state.withLock { $0.remove(job.id) }
      throw error
    }
    work.signal()
    return job
  }

  /// Callers name models of the store; a path would let them look at any file.
  private static func checkModel(_ name: String) throws {
    do { try ModelStore.checkName(name) } catch {
      throw KindredError(.invalidArgument, place: String(name.prefix(100)), reason: error.reason)
    }
  }

  /// `nil` for a collection that is not there.
  /// - Throws: for a name that can't be a collection's.
  private func existing(_ collection: String) throws -> IndexFolder.Member? {
    do { return try folder.member(collection) } catch let error as KindredError where error.code == .noCollection {
      _ = try Collection.directory(index: folder.path, name: collection)
      return nil
    }
  }

  /// The jobs that are remembered, the newest first.
  public func list() -> [IndexJob] { state.withLock { $0.jobs.reversed() } }

  /// - Throws: ``KindredError/Code/unknownJob``.
  public func job(_ id: String) throws -> IndexJob {
    guard let job = state.withLock({ $0.job(id) }) else { throw Self.unknown(id) }
    return job
  }

  private static func unknown(_ id: String) -> KindredError {
    KindredError(.unknownJob, place: String(id.prefix(100)), reason: "no job has this identifier")
  }

  /// Ends a job: one that waits at once, one that runs after the batch in hand. What was indexed stays. A job that has
  /// ended stays as it is.
  /// - Returns: the job as it is now.
  /// - Throws: ``KindredError/Code/unknownJob``.
  @discardableResult
  public func cancel(_ id: String) throws -> IndexJob {
    let (job, streams) = state.withLock { list in
      guard let job = list.job(id), !job.state.isEnded else {
        return (list.job(id), [AsyncStream<IndexJob>.Continuation]())
      }
      if job.state == .running {
        list.cancelled.insert(id)
        return (job, [])
      }
      let update = list.update(id) { $0.state = .cancelled }
      return (update.job, update.ended)
    }
    guard let job else { throw Self.unknown(id) }
    for stream in streams { stream.finish() }
    if job.state == .cancelled { try? save() }
    return job
  }

  /// A job's states: the present one at once, then changes, at most about five a second. The stream ends when the job
  /// has ended, and at ``stop()``. A reader that is slow gets the newest state.
  /// - Throws: ``KindredError/Code/unknownJob``.
  public func updates(_ id: String) throws -> AsyncStream<IndexJob> {
    _ = try job(id)
    let key = UUID()
    let (stream, continuation) = AsyncStream.makeStream(of: IndexJob.self, bufferingPolicy: .bufferingNewest(1))
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.unlisten(id, key: key) } }
    let goesOn = state.withLock { $0.listen(id, key: key, continuation) }
    if !goesOn { continuation.finish() }
    return stream
  }

  /// Interrupts the running job after the batch in hand and waits for that. It and those that wait go on when the index
  /// folder's jobs are opened again.
  public func stop() {
    let isFirst = state.withLock { list in
      defer { list.isStopping = true }
      return !list.isStopping
    }
    guard isFirst else { return }
    work.signal()
    ended.wait()
    for stream in state.withLock({ $0.takeAllListeners() }) { stream.finish() }
    lock.withLock { $0 = nil }
  }

  func save() throws {
    try saving.withLock { _ in try file.save(state.withLock { $0.jobs }) }
  }
}

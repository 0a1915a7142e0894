import Foundation

extension IndexJobs {
  /// Between two changes that are told.
  private static let interval = Duration.milliseconds(200)
  /// How long a job waits for somebody else's writing to end.
  private static let patience = Duration.seconds(300)

  /// Runs the job that has waited longest, if there is one.
  /// - Returns: false when no more are to be run.
  func runNext() -> Bool {
    let job = state.withLock { list -> IndexJob? in
      guard !list.isStopping, let next = list.next else { return nil }
      return list.update(next.id) { $0.state = .running }.job
    }
    guard let job else { return state.withLock { !$0.isStopping } }
    try? save()
    let result = Result { try run(job) }
    let streams = state.withLock { list in
      let wasCancelled = list.cancelled.remove(job.id) != nil
      return list.update(job.id) { job in
        switch result {
        case .success(let summary?) where !summary.interrupted:
          job.state = .done
          job.summary = IndexJob.Summary(summary)
        case .success where wasCancelled:
          job.state = .cancelled
        case .success:
          // It is to go on after the restart.
          job.state = .queued
          job.progress = nil
        case .failure(let error):
          job.state = .failed
          job.problem = IndexJob.Problem(error, roots: roots, index: folder.path)
        }
      }.ended
    }
    // A full disk costs the history here, not the work.
    try? save()
    for stream in streams { stream.finish() }
    return state.withLock { !$0.isStopping }
  }

  /// - Returns: what was done; `nil` when the job was ended before it could begin.
  private func run(_ job: IndexJob) throws -> IndexSummary? {
    // Links may lead elsewhere than they did when the job was started, and roots may have changed.
    let path = try roots.resolve(job.path)
    let member = try member(of: job)
    update(job.id) {
      $0.collection = member.name
      $0.collectionIdentifier = member.collection.identifier
    }
    var options = options
    options.labels = job.labels.sources
    options.allowedRoots = roots
    let deadline = ContinuousClock.now + Self.patience
    while true {
      do {
        return try folder.write(to: member) { writer in
          try Indexer(
            writer: writer, loadModel: { try self.folder.model(of: member) }, options: options,
            isCancelled: { self.shallEnd(job.id) }, report: reporter(job.id)
          ).run([path])
        }
      } catch let error as KindredError where error.code == .busy && ContinuousClock.now < deadline {
        // Somebody else writes, most likely not for long.
        if shallEnd(job.id) { return nil }
        Thread.sleep(forTimeInterval: 0.5)
      }
    }
  }

  private func member(of job: IndexJob) throws -> IndexFolder.Member {
    // By identifier: it may have another name by now.
    if let identifier = job.collectionIdentifier { return try folder.member(identifier) }
    do { return try folder.member(job.collection) } catch let error as KindredError where error.code == .noCollection {
      return try folder.create(
        name: job.collection, model: job.model ?? "default",
        recipe: job.recipe.flatMap(RecipeChoice.init) ?? RecipeChoice(EmbeddingRecipe.standard))
    }
  }

  private func shallEnd(_ id: String) -> Bool {
    state.withLock { $0.isStopping || $0.cancelled.contains(id) }
  }

  private func update(_ id: String, telling: Bool = true, _ change: (inout IndexJob) -> Void) {
    _ = state.withLock { $0.update(id, telling: telling, change) }
  }

  /// Keeps every state and tells of new phases and otherwise of some.
  private func reporter(_ id: String) -> (IndexProgress) -> Void {
    var told: (phase: IndexJob.Progress.Phase, time: ContinuousClock.Instant)?
    return { progress in
      let progress = IndexJob.Progress(progress)
      let now = ContinuousClock.now
      let isDue = told.map { $0.phase != progress.phase || now - $0.time >= Self.interval } ?? true
      if isDue { told = (progress.phase, now) }
      self.update(id, telling: isDue) { $0.progress = progress }
    }
  }
}

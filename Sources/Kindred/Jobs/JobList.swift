import Foundation

/// Jobs with those who wait for their changes; the state behind ``IndexJobs``.
struct JobList {
  /// In the order in which they were started.
  private(set) var jobs: [IndexJob]
  private var listeners: [String: [UUID: AsyncStream<IndexJob>.Continuation]] = [:]
  /// Of the job that runs: a caller wants it ended.
  var cancelled: Set<String> = []
  var isStopping = false

  init(_ jobs: [IndexJob]) { self.jobs = jobs }

  func job(_ id: String) -> IndexJob? { jobs.first { $0.id == id } }
  var waiting: Int { jobs.count { $0.state == .queued } }
  var next: IndexJob? { jobs.first { $0.state == .queued } }

  mutating func add(_ job: IndexJob, limit: Int) {
    jobs.append(job)
    var surplus = jobs.count - limit
    jobs.removeAll { old in
      guard surplus > 0, old.state.isEnded else { return false }
      surplus -= 1
      return true
    }
  }

  mutating func remove(_ id: String) { jobs.removeAll { $0.id == id } }

  /// Changes a job and tells those who wait, unless they shall not be told yet.
  /// - Returns: the job, and the streams that are to be finished outside of any lock: their ends call back.
  mutating func update(
    _ id: String, telling: Bool = true, _ change: (inout IndexJob) -> Void
  ) -> (job: IndexJob?, ended: [AsyncStream<IndexJob>.Continuation]) {
    guard let position = jobs.firstIndex(where: { $0.id == id }) else { return (nil, []) }
    change(&jobs[position])
    jobs[position].updated = Collection.timestamp()
    let job = jobs[position]
    guard telling else { return (job, []) }
    for listener in listeners[id, default: [:]].values { listener.yield(job) }
    guard job.state.isEnded else { return (job, []) }
    return (job, Array((listeners.removeValue(forKey: id) ?? [:]).values))
  }

  /// Adds someone who waits, who gets the present state at once.
  /// - Returns: false when nothing more will come.
  mutating func listen(_ id: String, key: UUID, _ continuation: AsyncStream<IndexJob>.Continuation) -> Bool {
    guard let job = job(id) else { return false }
    continuation.yield(job)
    guard !job.state.isEnded, !isStopping else { return false }
    listeners[id, default: [:]][key] = continuation
    return true
  }

  mutating func unlisten(_ id: String, key: UUID) { listeners[id]?[key] = nil }

  mutating func takeAllListeners() -> [AsyncStream<IndexJob>.Continuation] {
    defer { listeners = [:] }
    return listeners.values.flatMap(\.values)
  }
}

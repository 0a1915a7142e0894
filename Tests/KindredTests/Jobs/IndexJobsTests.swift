import Foundation
import ResNet
import Testing

@testable import Kindred

@Suite struct IndexJobsTests {
  /// An index folder with pictures under an allowed root, and a store with one small real network.
  private final class Site {
    let sandbox: Sandbox
    let folder: IndexFolder
    let roots: AllowedRoots
    /// Whoever loads the network waits here while it is closed.
    private let gate = DispatchSemaphore(value: 0)
    var index: String { sandbox.root + "/index" }

    init(isClosed: Bool = false) async throws {
      sandbox = try Sandbox()
      let weights = sandbox.root + "/tiny.safetensors"
      let recipe = PreprocessingRecipe(
        shorterSide: 36, crop: 32, channelOrder: .rgb, scale: 1 / 255, mean: [0.5, 0.5, 0.5],
        standardDeviation: [0.25, 0.25, 0.25])
      try TinyNetwork.write(to: weights, seed: 3, recipe: recipe)
      let store = ModelStore(directory: sandbox.root + "/models")
      _ = try await store.import(weights, name: "tiny", recipe: nil)
      folder = IndexFolder(path: sandbox.root + "/index", models: store) { [gate] reference in
        gate.wait()
        gate.signal()
        return try reference.load()
      }
      roots = try AllowedRoots([sandbox.pictures])
      if !isClosed { gate.signal() }
    }

    func open() { gate.signal() }

    func jobs(_ change: (inout IndexOptions) -> Void = { _ in }) throws -> IndexJobs {
      var options = IndexOptions()
      change(&options)
      return try IndexJobs(folder: folder, roots: roots, options: options)
    }

    func pictures(_ folder: String, _ count: Int) throws {
      for number in 0..<count { try sandbox.picture("\(folder)/\(number).jpg", hue: number, variant: number) }
    }
  }

  private func end(_ jobs: IndexJobs, _ id: String) async throws -> IndexJob {
    var last: IndexJob?
    for await job in try jobs.updates(id) { last = job }
    return try #require(last)
  }

  @Test func aFolderIsIndexedIntoANewCollection() async throws {
    let site = try await Site()
    try site.pictures("cats", 5)
    try site.sandbox.write("cats/broken.jpg", "\u{FF}")
    let jobs = try site.jobs()
    defer { jobs.stop() }
    let job = try jobs.start(collection: "holidays", path: "pictures/../pictures/cats/", model: "tiny")
    #expect(job.state == .queued && job.path == "pictures/cats" && job.collectionIdentifier == nil)
    let done = try await end(jobs, job.id)
    #expect(done.state == .done && done.problem == nil)
    #expect(done.summary?.indexed == 5 && done.summary?.total == 5)
    #expect(done.progress?.phase == .done)
    let collection = try site.folder.member("holidays").collection
    #expect(done.collectionIdentifier == collection.identifier)
    #expect(try collection.labels().map(\.name) == ["cats"])
    #expect(try jobs.job(job.id) == done)
    // Ended: the state once more, and the end.
    var states: [IndexJob] = []
    for await state in try jobs.updates(job.id) { states.append(state) }
    #expect(states == [done])
    // Again, into what is there, without labels.
    let again = try jobs.start(collection: collection.identifier, path: "pictures", labels: .none)
    #expect(again.collection == "holidays")
    #expect(try await end(jobs, again.id).summary?.unchanged == 5)
    #expect(jobs.list().map(\.id) == [again.id, job.id])
    let text = try String(contentsOfFile: site.index + "/jobs.json", encoding: .utf8)
    #expect(!text.contains(site.sandbox.root))
  }

  @Test func whatIsWrongIsSaidAtOnce() async throws {
    let site = try await Site()
    try site.pictures("cats", 1)
    _ = try site.folder.createVectors(name: "vectors")
    let jobs = try site.jobs()
    defer { jobs.stop() }
    for (collection, path, model, code) in [
      ("a", "elsewhere", nil, KindredError.Code.outsideRoots), ("a", "pictures/../..", nil, .outsideRoots),
      ("a", "pictures/cats/0.jpg", nil, .unreadableFolder), ("../a", "pictures", nil, .invalidArgument),
      ("", "pictures", nil, .invalidArgument), ("vectors", "pictures", nil, .wrongKind),
      ("a", "pictures", "/etc/passwd", .invalidArgument), ("a", "pictures", "x.onnx", .invalidArgument),
    ] as [(String, String, String?, KindredError.Code)] {
      let error = #expect(throws: KindredError.self, "\(collection) \(path)") {
        try jobs.start(collection: collection, path: path, model: model)
      }
      #expect(error?.code == code)
      #expect(error.map { !"\($0)".contains(site.sandbox.root + "/pictures") } ?? false)
    }
    #expect(jobs.list().isEmpty)
    let unknown = #expect(throws: KindredError.self) { try jobs.job("nobody") }
    #expect(unknown?.code == .unknownJob)
    #expect(throws: KindredError.self) { try jobs.cancel("nobody") }
    #expect(throws: KindredError.self) { try jobs.updates("nobody") }
  }

  @Test func aJobThatFailsSaysWhyWithoutPaths() async throws {
    let site = try await Site()
    try site.pictures("cats", 3)
    let jobs = try site.jobs()
    defer { jobs.stop() }
    let unknown = try await end(jobs, jobs.start(collection: "a", path: "pictures", model: "no-such-model").id)
    #expect(unknown.state == .failed && unknown.problem?.code == "model" && unknown.summary == nil)
    #expect(!FileManager.default.fileExists(atPath: site.index + "/a"))
    #expect(try await end(jobs, jobs.start(collection: "a", path: "pictures", model: "tiny").id).state == .done)
    // The folder loses its pictures, as when a disk is not mounted.
    for number in 0..<3 { try site.sandbox.remove("cats/\(number).jpg") }
    let empty = try await end(jobs, jobs.start(collection: "a", path: "pictures/cats").id)
    #expect(empty.state == .failed && empty.problem?.code == "unreadableFolder")
    #expect(empty.problem?.reason.hasPrefix("pictures/cats: the folder is empty now") == true)
    let text = try String(contentsOfFile: site.index + "/jobs.json", encoding: .utf8)
    #expect(!text.contains(site.sandbox.root))
  }

  /// Waits until a job has left the queue.
  private func begin(_ jobs: IndexJobs, _ id: String) async throws {
    for await job in try jobs.updates(id) where job.state != .queued { return }
  }

  @Test func jobsWaitForTheirTurnAndCanBeCancelled() async throws {
    let site = try await Site(isClosed: true)
    try site.pictures("cats", 40)
    let jobs = try site.jobs { $0.batchSize = 1 }
    defer { jobs.stop() }
    let first = try jobs.start(collection: "a", path: "pictures", model: "tiny")
    let second = try jobs.start(collection: "a", path: "pictures", model: "tiny")
    let third = try jobs.start(collection: "a", path: "pictures/cats", model: "tiny")
    try await begin(jobs, first.id)
    // The second is taken out before its turn; its stream ends with that.
    let stream = try jobs.updates(second.id)
    #expect(try jobs.cancel(second.id).state == .cancelled)
    var states: [IndexJob.State] = []
    for await job in stream { states.append(job.state) }
    #expect(states.last == .cancelled)
    // The first is stopped while it runs: after the batch in hand.
    #expect(try jobs.cancel(first.id).state == .running)
    site.open()
    let cancelled = try await end(jobs, first.id)
    #expect(cancelled.state == .cancelled && cancelled.problem == nil)
    // What ended stays as it is.
    #expect(try jobs.cancel(first.id) == cancelled)
    // The third goes on from there.
    let done = try await end(jobs, third.id)
    #expect(done.state == .done && done.summary?.total == 40)
    #expect(done.summary?.unchanged ?? 0 > 0 && done.summary?.indexed ?? 0 > 0)
  }

  @Test func unfinishedJobsGoOnAfterARestart() async throws {
    let site = try await Site(isClosed: true)
    try site.pictures("cats", 40)
    let jobs = try site.jobs { $0.batchSize = 1 }
    let first = try jobs.start(collection: "a", path: "pictures", model: "tiny")
    let second = try jobs.start(collection: "b", path: "pictures/cats", model: "tiny")
    // One object at a time.
    let busy = #expect(throws: KindredError.self) { try site.jobs() }
    #expect(busy?.code == .busy)
    try await begin(jobs, first.id)
    let stream = try jobs.updates(second.id)
    let stopping = Task.detached { jobs.stop() }
    while !jobs.state.withLock({ $0.isStopping }) { try await Task.sleep(for: .milliseconds(5)) }
    #expect(throws: KindredError.self) { try jobs.start(collection: "a", path: "pictures") }
    site.open()
    await stopping.value
    jobs.stop()
    var waiting: [IndexJob.State] = []
    for await job in stream { waiting.append(job.state) }
    #expect(waiting == [.queued])
    #expect(try jobs.job(first.id).state == .queued)

    let indexed = try site.folder.member("a").collection.imageCount()
    #expect(indexed > 0 && indexed < 40)
    let next = try site.jobs()
    defer { next.stop() }
    #expect(next.list().map(\.id) == [second.id, first.id])
    let done = try await end(next, first.id)
    #expect(done.state == .done && done.summary?.unchanged == indexed && done.summary?.total == 40)
    #expect(try await end(next, second.id).summary?.total == 40)
  }

  @Test func aJobThatWasRunningInACrashGoesOn() async throws {
    let site = try await Site()
    try site.pictures("cats", 2)
    let time = Collection.timestamp()
    let job = IndexJob(
      id: "abcdefghijkl", state: .running, collection: "a", path: "pictures", labels: .folder, model: "tiny",
      created: time, updated: time, progress: .init(phase: .embedding, completed: 1, total: 2))
    try FileManager.default.createDirectory(atPath: site.index, withIntermediateDirectories: true)
    try JobFile(index: site.index).save([job])
    let jobs = try site.jobs()
    defer { jobs.stop() }
    #expect(try await end(jobs, job.id).state == .done)
  }

  @Test func theListAndTheQueueAreBounded() async throws {
    let site = try await Site(isClosed: true)
    try site.pictures("cats", 2)
    let time = Collection.timestamp()
    try FileManager.default.createDirectory(atPath: site.index, withIntermediateDirectories: true)
    try JobFile(index: site.index).save(
      (0..<100).map { number in
        IndexJob(
          id: "old\(number)", state: .done, collection: "a", path: "pictures", labels: .folder, created: time,
          updated: time)
      })
    let jobs = try site.jobs()
    defer { jobs.stop() }
    var started: [IndexJob] = []
    var refusal: KindredError?
    // One may have left the queue to run.
    for _ in 0..<IndexJobs.mostWaiting + 2 {
      do { started.append(try jobs.start(collection: "a", path: "pictures", model: "tiny")) } catch {
        refusal = error as? KindredError
      }
    }
    #expect(refusal?.code == .tooManyJobs)
    #expect((IndexJobs.mostWaiting...IndexJobs.mostWaiting + 1).contains(started.count))
    #expect(jobs.list().count == IndexJobs.mostKept)
    #expect(throws: KindredError.self) { try jobs.job("old0") }
    for job in started.reversed() { try jobs.cancel(job.id) }
    site.open()
    #expect(try await end(jobs, started[0].id).state.isEnded)
    #expect(jobs.list().prefix(started.count).allSatisfy { $0.state.isEnded })
  }

  @Test(arguments: ["", "{", "{\"version\":9,\"jobs\":[]}", "{\"version\":1,\"jobs\":[{}]}"])
  func aDamagedListIsNamed(_ text: String) async throws {
    let site = try await Site()
    try FileManager.default.createDirectory(atPath: site.index, withIntermediateDirectories: true)
    try text.write(toFile: site.index + "/jobs.json", atomically: true, encoding: .utf8)
    let error = #expect(throws: KindredError.self) { try site.jobs() }
    #expect(error?.code == .damagedFile)
    #expect(try String(contentsOfFile: site.index + "/jobs.json", encoding: .utf8) == text)
  }

  @Test func jobsEndWithTheirObject() async throws {
    let site = try await Site()
    do { _ = try site.jobs() }
    // The lock is free again.
    let jobs = try site.jobs()
    jobs.stop()
  }

  @Test func pathsAreHidden() throws {
    let sandbox = try Sandbox()
    let roots = try AllowedRoots([sandbox.pictures])
    let index = sandbox.root + "/index"
    func hidden(_ text: String) -> String { IndexJob.Problem.hidingPaths(text, roots: roots, index: index) }
    #expect(hidden("\(sandbox.pictures)/a b/c.jpg") == "pictures/a b/c.jpg")
    #expect(hidden("can't read \(sandbox.pictures)/a.jpg: denied") == "can't read pictures/a.jpg: denied")
    #expect(hidden("\(index)/a/features-000001.f32 has 3 rows") == "a/features-000001.f32 has 3 rows")
    #expect(hidden("/home/me/.local/x.onnx: not here") == "x.onnx: not here")
    #expect(hidden("open (/etc/secret/key) and \"/srv/x\"") == "open (key) and \"x\"")
    #expect(hidden("a/b and 1/2 stay") == "a/b and 1/2 stay")
  }
}

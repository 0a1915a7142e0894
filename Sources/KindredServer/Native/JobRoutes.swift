import HTTPTypes
import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/jobs` and what is below.
  func addJobs(to table: inout RouteTable) {
    let services = services
    table.add(.get, "/v1/jobs", access: .role(.reader)) { _, context in
      let jobs = services.jobs.list().filter(context.access.sees)
      return .json(.object([("jobs", .array(jobs.map(JobJSON.value)))]))
    }
    table.add(.post, "/v1/jobs", access: .role(.writer), body: .json) { request, context in
      let wanted = try await RequestContent.json(request, context, services) { try NewJob($0) }
      let job = try await services.write {
        try wanted.check(services, context.access)
        return try services.jobs.start(
          collection: wanted.collection, path: wanted.path, labels: wanted.labels, model: wanted.model,
          recipe: wanted.recipe)
      }
      return .json(JobJSON.value(job), status: .accepted, headers: [.location: "/v1/jobs/\(job.id)"])
    }
    table.add(.get, "/v1/jobs/{job}", access: .role(.reader)) { _, context in
      .json(JobJSON.value(try services.job(try context.jobIdentifier(), for: context.access)))
    }
    table.add(.delete, "/v1/jobs/{job}", access: .role(.writer)) { _, context in
      let id = try context.jobIdentifier()
      _ = try services.job(id, for: context.access)
      return .json(JobJSON.value(try await services.write { try services.jobs.cancel(id) }), status: .accepted)
    }
    table.add(.get, "/v1/jobs/{job}/events", access: .role(.reader), isTimed: false) { _, context in
      let job = try services.job(try context.jobIdentifier(), for: context.access)
      return try JobEvents(services: services).response(job)
    }
  }
}

extension Access {
  /// Whether the key may see a job: that of a collection which is not there yet is seen by keys for all.
  func sees(_ job: IndexJob) -> Bool {
    guard let collections else { return role != nil }
    return job.collectionIdentifier.map(collections.contains) ?? false
  }
}

extension ServerServices {
  func job(_ id: String, for access: Access) throws -> IndexJob {
    let job = try jobs.job(id)
    guard access.sees(job) else { throw ServerProblem.unknownJob }
    return job
  }
}

/// The body that starts a job.
struct NewJob: Sendable {
  var collection: String
  var path: String
  var model: String?
  var recipe: RecipeChoice?
  var labels: IndexJob.LabelChoice

  init(_ value: JSONValue) throws(ServerProblem) {
    let fields = try JSONFields(value, known: ["collection", "path", "model", "recipe", "labels"])
    guard let collection = try fields.string("collection", 1...100) else { throw .invalid("`collection` is missing.") }
    guard let path = try fields.string("path", 1...4096) else { throw .invalid("`path` is missing.") }
    model = try fields.string("model", 1...200)
    recipe = try RecipeChoice(fields, "recipe")
    let choice = try fields.choice("labels", IndexJob.LabelChoice.allCases.map(\.rawValue))
    labels = choice.flatMap(IndexJob.LabelChoice.init) ?? .folder
    try CollectionName.check(collection, field: "collection")
    if let model {
      do { try ModelStore.checkName(model) } catch {
        throw ServerProblem(
          status: 404, code: "not-found", title: "No such model",
          detail: "The server's store has no model of this name.")
      }
    }
    self.collection = collection
    self.path = path
  }

  /// - Throws: 404 for a collection that the key may not see, 403 where it may not make one.
  func check(_ services: ServerServices, _ access: Access) throws {
    do { _ = try services.member(collection, for: access) } catch let error as KindredError
      where error.code == .noCollection
    {
      // To a key for some collections the others are not there, whether they are or not.
      guard access.collections == nil else { throw ServerProblem.unknownCollection }
      try access.requireAll(.admin)
    }
  }
}

/// Writes jobs as the API describes them.
enum JobJSON {
  static func value(_ job: IndexJob) -> JSONValue {
    .object([
      ("id", .string(job.id)), ("state", .string(job.state.rawValue)), ("collection", .string(job.collection)),
      ("path", .string(job.path)), ("labels", .string(job.labels.rawValue)), ("created", .string(job.created)),
      ("updated", .string(job.updated)), ("progress", job.progress.map(progress) ?? .null),
      ("summary", job.summary.map(summary) ?? .null), ("problem", job.problem.map(problem) ?? .null),
    ])
  }

  private static func progress(_ progress: IndexJob.Progress) -> JSONValue {
    .object([
      ("phase", .string(progress.phase.rawValue)), ("completed", .int(Int64(progress.completed))),
      ("total", .int(Int64(progress.total))),
    ])
  }

  private static func summary(_ summary: IndexJob.Summary) -> JSONValue {
    .object([
      ("indexed", .int(Int64(summary.indexed))), ("unchanged", .int(Int64(summary.unchanged))),
      ("moved", .int(Int64(summary.moved))), ("removed", .int(Int64(summary.removed))),
      ("duplicates", .int(Int64(summary.duplicates))),
      ("skipped", .object(summary.skipped.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) })),
      ("total", .int(Int64(summary.total))), ("seconds", .double(summary.seconds)),
    ])
  }

  private static func problem(_ fault: IndexJob.Problem) -> JSONValue {
    var problem = ServerProblem(status: 500, code: "internal", title: "Something went wrong in the server")
    if let code = KindredError.Code(rawValue: fault.code) {
      problem = ServerProblem.problem(of: KindredError(code, reason: "it failed")) ?? problem
    } else if fault.code == "model" {
      problem = .modelMissing(nil)
    }
    if fault.code != "internal" { problem.detail = PathScrubber.sentence(fault.reason) ?? problem.detail }
    return problem.json
  }
}

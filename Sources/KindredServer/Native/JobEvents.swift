import HTTPTypes
import Hummingbird
import Kindred

/// Follows a job as server-sent events, until it has ended, the reader has gone or the server stops.
struct JobEvents: Sendable {
  let services: ServerServices
  /// Seconds between signs of life, which keep proxies from closing what seems idle.
  private static let heartbeat = 15

  func response(_ job: IndexJob) throws -> Response {
    guard !services.isDraining.isSet else { throw ServerProblem.draining }
    guard services.metrics.eventStreams.value < services.limits.eventStreams else {
      throw ServerProblem.overloaded(reason: "too many streams of events are open")
    }
    let updates = try services.jobs.updates(job.id)
    var headers = HTTPFields()
    headers[.contentType] = "text/event-stream"
    headers[.cacheControl] = "no-store"
    // Proxies that collect answers would hold events back.
    headers[.acceptBuffering] = "no"
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { [services] output in
        services.metrics.eventStreams.add(1)
        defer { services.metrics.eventStreams.add(-1) }
        for await text in Self.events(updates, services) { try await output.write(ByteBuffer(string: text)) }
        try await output.finish(nil)
      })
  }

  /// Events and signs of life, in the order in which they come.
  private static func events(_ updates: AsyncStream<IndexJob>, _ services: ServerServices) -> AsyncStream<String> {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(8))
    let task = Task {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          for await job in updates { continuation.yield("event: job\ndata: \(JobJSON.value(job).text)\n\n") }
        }
        group.addTask {
          var seconds = 0
          while !services.isDraining.isSet, (try? await Task.sleep(for: .seconds(1))) != nil {
            seconds += 1
            if seconds % heartbeat == 0 { continuation.yield(": alive\n\n") }
          }
        }
        await group.next()
        group.cancelAll()
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }
}
